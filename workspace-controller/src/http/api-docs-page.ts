import { ERROR_CODES, operations, type Operation } from '@tandem/protocol';

const STYLE = `
:root{color-scheme:light dark;--line:light-dark(#d8dce3,#333a45);--soft:light-dark(#f5f6f8,#1c2128);--dim:light-dark(#5b6472,#9aa4b2)}
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;text-transform:capitalize}
details{border:1px solid var(--line);border-radius:6px;margin:.35rem 0}summary{padding:.45rem .75rem;cursor:pointer;display:flex;gap:.75rem;flex-wrap:wrap}
summary:focus-visible{outline:2px solid #4c7dff;outline-offset:2px}
.method{font:600 12px/1.8 ui-monospace,monospace;min-width:4rem}code,pre{font:13px/1.5 ui-monospace,monospace}
.what{color:var(--dim);margin-left:auto}pre{background:var(--soft);margin:0;padding:.75rem;overflow:auto;max-height:30rem}
.inside{padding:0 .75rem .75rem}h3{font-size:.85rem;margin:.75rem 0 .25rem;color:var(--dim)}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.3rem .5rem;text-align:left}
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
        schema === undefined ? '' : `<h3>${title}</h3><pre tabindex="0">${escape(JSON.stringify(schema, undefined, 2))}</pre>`;
    const inside = [
        `<p>Operation <code>${id}</code> · access: ${operation.access}${operation.idempotent === true ? ' · honours <code>Idempotency-Key</code>' : ''}</p>`,
        part('Path', operation.params),
        part('Query', operation.query),
        part('Body', operation.body),
        part(`Answer ${operation.status}`, operation.response ?? operation.stream),
    ];
    return `<details id="${id}"><summary><span class="method">${operation.method}</span><code>${escape(operation.path)}</code><span class="what">${escape(operation.summary)}</span></summary><div class="inside">${inside.join('')}</div></details>`;
}

const escape = (text: string): string =>
    text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);
