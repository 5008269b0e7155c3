import { ERROR_CODES, operations, type Operation } from '@tandem/protocol';
import { typeText } from './type-text.ts';

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d8dce3,#333a45);--soft:light-dark(#f5f6f8,#1c2128);--dim:light-dark(#5b6472,#9aa4b2);--accent:light-dark(#3a5bea,#8ea3ff)}
body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:24px 16px}a{color:var(--accent)}
h1{font-size:24px;margin:0 0 8px}h2{font-size:16px;margin:32px 0 8px}h2::first-letter{text-transform:uppercase}
details{border:1px solid var(--line);border-radius:6px;margin:4px 0}
summary{padding:8px 12px;cursor:pointer;display:grid;grid-template-columns:4.5rem minmax(0,1fr);gap:0 8px;list-style:none}
summary:hover{background:var(--soft)}summary:focus-visible,a:focus-visible,pre:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.method{font:600 12px/21px ui-monospace,monospace;color:var(--accent)}code,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}
.what{color:var(--dim);grid-column:2}pre{background:var(--soft);border-radius:6px;margin:0;padding:12px;overflow:auto;max-height:30rem}
.inside{padding:0 12px 12px}h3{font-size:12px;margin:12px 0 4px;color:var(--dim)}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:4px 8px;text-align:left;vertical-align:top}
`;

/** A page about the API that needs nothing but itself: no script, no other file. */
export function apiDocsPage(version: string): string {
    const tags = [...new Set(Object.values(operations).map((operation) => operation.tag))];
    const sections = tags.map((tag) => {
        const entries = (Object.entries(operations) as [string, Operation][]).filter(([, operation]) => operation.tag === tag);
        return `<section><h2>${escape(tag)}</h2>${entries.map(([id, operation]) => describe(id, operation)).join('')}</section>`;
    });
    const codes = Object.entries(ERROR_CODES).map(
        ([code, { status, title }]) => `<tr><td><code>${code}</code></td><td>${status}</td><td>${escape(title)}</td></tr>`,
    );
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Tandem API</title><style>${STYLE}</style></head><body><main>
<h1>Tandem API ${escape(version)}</h1>
<p>Send <code>Authorization: Bearer &lt;token&gt;</code>; make a token in the portal under Account or with <code>tandem tokens create</code>.
The machine-readable description is <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).</p>
${sections.join('\n')}
<section><h2>Errors</h2><table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>${codes.join('')}</tbody></table></section>
</main></body></html>`;
}

function describe(id: string, operation: Operation): string {
    const part = (title: string, schema: unknown): string =>
        schema === undefined
            ? ''
            : `<h3>${title}</h3><pre tabindex="0">${escape(typeof schema === 'string' ? schema : typeText(schema))}</pre>`;
    const inside = [
        `<p>Operation <code>${id}</code> · access: ${operation.access}${operation.idempotent === true ? ' · honours <code>Idempotency-Key</code>' : ''}</p>`,
        part('Path', operation.params),
        part('Query', operation.query),
        part('Body', operation.body),
        part(`Answer ${operation.status}`, operation.response ?? operation.stream),
    ];
    return `<details id="${id}"><summary><span class="method">${operation.method}</span><code>${escape(operation.path)}</code><span class="what">${withCode(operation.summary)}</span></summary><div class="inside">${inside.join('')}</div></details>`;
}

const escape = (text: string): string =>
    text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/** Escaped, with what stands between backticks as code. */
const withCode = (text: string): string => escape(text).replace(/`([^`]+)`/g, '<code>$1</code>');
