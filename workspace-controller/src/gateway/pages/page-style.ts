/** Style of the gateway's own pages, from the tokens of the portal. */
export const PAGE_STYLE = `
:root{--ground:#f7f8fa;--card:#fff;--text:#1c2024;--muted:#5c6570;--line:#dfe3e8;--accent:#3f5fe0;--on-accent:#fff;--code:#f1f3f5}
@media (prefers-color-scheme:dark){:root{--ground:#131519;--card:#1b1e23;--text:#e6e8eb;--muted:#9aa3ad;--line:#2c3138;--accent:#4c6fff;--on-accent:#fff;--code:#23272e}}
*{box-sizing:border-box}
html,body{height:100%}
body{margin:0;background:var(--ground);color:var(--text);font:14px/20px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;
display:flex;align-items:center;justify-content:center;padding:16px;overflow-wrap:anywhere}
main{width:100%;max-width:440px;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:32px;box-shadow:0 1px 3px rgb(0 0 0/.06)}
.mark{display:block;margin-bottom:20px}
.overline{margin:0 0 4px;color:var(--muted);font:12px/16px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
h1{margin:0 0 8px;font-size:20px;line-height:28px;font-weight:600;letter-spacing:-.01em}
p{margin:0 0 12px}
#text p{color:var(--muted)}
#text p:last-child{margin-bottom:0}
pre{margin:16px 0 0;padding:12px;background:var(--code);border-radius:6px;overflow-x:auto}
code{font:13px/20px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.progress{margin-top:20px;min-height:52px}
.progress p{margin:12px 0 0;color:var(--text)}
.progress.still .bar{visibility:hidden}
.bar{height:3px;border-radius:2px;background:var(--line);overflow:hidden;position:relative}
.bar::after{content:"";position:absolute;inset:0 auto 0 0;width:32%;border-radius:2px;background:var(--accent);animation:slide 1.4s ease-in-out infinite}
@keyframes slide{from{left:-32%}to{left:100%}}
@media (prefers-reduced-motion:reduce){.bar::after{animation:none;width:100%;opacity:.5}}
ol{list-style:none;margin:12px 0 0;padding:0}
ol li{display:flex;gap:8px;padding:4px 0;color:var(--muted)}
ol li .state{width:16px;flex:none;text-align:center}
ol li .time{margin-left:auto;font-variant-numeric:tabular-nums}
ol li.now{color:var(--text)}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:24px 0 0}
.actions form{margin:0}
.button{display:inline-block;font:inherit;font-weight:500;padding:7px 14px;border:1px solid var(--line);border-radius:6px;background:none;color:var(--text);text-decoration:none;cursor:pointer}
.button:hover{border-color:var(--muted)}
.primary{background:var(--accent);border-color:var(--accent);color:var(--on-accent)}
.primary:hover{filter:brightness(1.08);border-color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.footnote{margin:24px 0 0;color:var(--muted);font:12px/16px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
@media (max-width:420px){main{padding:24px 20px}}
`.trim();
