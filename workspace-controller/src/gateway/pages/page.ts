import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendText } from '../problem.ts';
import { PAGE_STYLE } from './page-style.ts';

/** A page that the gateway itself shows: one message, one next step. */
export interface Page {
    title: string;
    /** Above the heading, in the editor's font: the name of a workspace or an address. */
    overline?: string;
    heading: string;
    /** Paragraphs. */
    text: readonly string[];
    /** Set in a live region; the script may change it. */
    progress?: { label: string };
    /** The first is the one to take, unless the page goes on by itself. */
    actions?: readonly PageAction[];
    /** Lines to copy into a terminal. */
    command?: string;
    /** Small print at the end, such as an error code. */
    footnote?: string;
    /** Program of the page and the values it reads as `settings`. */
    script?: { source: string; settings: Record<string, unknown> };
    /** Other origins that the script may ask. */
    connectTo?: readonly string[];
}

export type PageAction = { label: string; href: string } | { label: string; reload: true } | { label: string; post: string };

/** The product's mark, as in portal and IDE. */
const LOGO =
    '<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">' +
    '<rect x="2" y="2" width="19" height="19" rx="5" fill="#8b96ad"/><rect x="11" y="11" width="19" height="19" rx="5" fill="#566179"/>' +
    '<path d="M11 16a5 5 0 0 1 5-5h5v5a5 5 0 0 1-5 5h-5z" fill="#4c6fff"/></svg>';

/** Sends a page with a policy that lets nothing run but what stands in it. */
export function sendPage(response: ServerResponse, status: number, page: Page): void {
    const nonce = randomBytes(16).toString('base64');
    const connect = ["'self'", ...(page.connectTo ?? [])].join(' ');
    const policy =
        `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; img-src data:; connect-src ${connect}; ` +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'self'";
    if (!response.headersSent) {
        response.setHeader('Content-Security-Policy', policy);
        response.setHeader('Referrer-Policy', 'no-referrer');
        response.setHeader('Vary', 'Accept, Sec-Fetch-Mode, Cookie');
    }
    sendText(response, status, 'text/html; charset=utf-8', renderPage(page, nonce));
}

function renderPage(page: Page, nonce: string): string {
    const overline = page.overline === undefined ? '' : `<p class="overline">${escapeHtml(page.overline)}</p>`;
    const text = page.text.map((paragraph) => `<p>${escapeHtml(paragraph)}</p>`).join('');
    const progress =
        page.progress === undefined
            ? ''
            : `<div class="progress"><div class="bar" aria-hidden="true"></div><p id="progress" role="status">${escapeHtml(page.progress.label)}</p>` +
              '<ol id="stages" hidden></ol></div>';
    const command = page.command === undefined ? '' : `<pre><code>${escapeHtml(page.command)}</code></pre>`;
    const actions =
        page.actions === undefined
            ? ''
            : `<p class="actions">${page.actions.map((action, index) => renderAction(action, index === 0 && page.progress === undefined)).join('')}</p>`;
    const footnote = page.footnote === undefined ? '' : `<p class="footnote">${escapeHtml(page.footnote)}</p>`;
    const script =
        page.script === undefined
            ? ''
            : `<script nonce="${nonce}">(settings => {${page.script.source}})(${escapeScript(JSON.stringify(page.script.settings))})</script>`;
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">' +
        '<meta name="color-scheme" content="light dark"><meta name="robots" content="noindex">' +
        `<title>${escapeHtml(page.title)}</title><style nonce="${nonce}">${PAGE_STYLE}</style></head>` +
        `<body><main>${LOGO}${overline}<h1 id="heading">${escapeHtml(page.heading)}</h1><div id="text">${text}</div>` +
        `${command}${progress}${actions}${footnote}</main>${script}</body></html>`
    );
}

function renderAction(action: PageAction, primary: boolean): string {
    const kind = primary ? 'button primary' : 'button';
    const label = escapeHtml(action.label);
    if ('href' in action) {
        return `<a class="${kind}" href="${escapeHtml(action.href)}">${label}</a>`;
    }
    if ('post' in action) {
        return `<form method="post" action="${escapeHtml(action.post)}"><button class="${kind}">${label}</button></form>`;
    }
    return `<a class="${kind}" href="">${label}</a>`;
}

export function escapeHtml(text: string): string {
    return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** JSON inside a script element must not end it. */
function escapeScript(json: string): string {
    return json.replace(/[<>\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
