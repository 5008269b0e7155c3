import type { FastifyInstance } from 'fastify';

/** A page of open rooms, their members and rates. It holds no data itself; it asks for the server token. */
export function registerInspector(app: FastifyInstance): void {
    app.get('/inspector', (_request, reply) =>
        reply
            .headers({
                'content-security-policy':
                    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
                'cache-control': 'no-store',
            })
            .type('text/html; charset=utf-8')
            .send(PAGE),
    );
    app.get('/inspector.js', (_request, reply) => reply.type('text/javascript; charset=utf-8').send(SCRIPT));
}

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Collaboration server</title>
<style>
:root { color-scheme: light dark; --line: light-dark(#d9dce1, #33373e); --muted: light-dark(#5c6370, #9aa2b1); --accent: light-dark(#2f5fd0, #7aa2ff); }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 2rem 1.5rem; font: 14px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.25rem; margin: 0 0 1.25rem; }
.totals { display: flex; flex-wrap: wrap; gap: 2rem; margin-bottom: 1.5rem; }
.totals div { display: flex; flex-direction: column; }
.totals b { font-size: 1.375rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.totals span, .empty, label { color: var(--muted); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--muted); }
th, td { padding: .45rem .75rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
.number { text-align: right; }
td:first-child { overflow-wrap: anywhere; }
.members { color: var(--muted); }
form { display: flex; gap: .5rem; align-items: end; }
label { display: flex; flex-direction: column; gap: .25rem; }
input, button { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line); border-radius: 6px; background: transparent; color: inherit; }
button { background: var(--accent); border-color: var(--accent); color: light-dark(#fff, #10131a); cursor: pointer; }
[hidden] { display: none !important; }
</style>
</head>
<body>
<h1>Collaboration server</h1>
<form id="sign-in" hidden><label>Server token<input id="token" type="password" autocomplete="off" required></label><button>Show rooms</button></form>
<p id="problem" role="alert" hidden></p>
<main id="content" hidden>
<div class="totals" id="totals"></div>
<table><thead><tr><th>Room</th><th class="number">Size</th><th class="number">Edits/s</th><th class="number">Members</th><th>Who</th></tr></thead><tbody id="rooms"></tbody></table>
<p class="empty" id="empty" hidden>No room is open.</p>
</main>
<script src="inspector.js"></script>
</body>
</html>
`;

const SCRIPT = `'use strict';
const byId = id => document.getElementById(id);
let token = '';
let last = new Map();
let lastAt = 0;
const size = bytes => bytes < 1024 ? bytes + ' B' : bytes < 1048576 ? (bytes / 1024).toFixed(1) + ' KiB' : (bytes / 1048576).toFixed(1) + ' MiB';
function cell(text, className) { const td = document.createElement('td'); td.textContent = text; if (className) td.className = className; return td; }
function total(value, label) { const div = document.createElement('div'); const b = document.createElement('b'); const span = document.createElement('span'); b.textContent = value; span.textContent = label; div.append(b, span); return div; }
async function refresh() {
    let response;
    try {
        response = await fetch('rooms', { headers: token ? { authorization: 'Bearer ' + token } : {} });
    } catch {
        byId('problem').textContent = 'The server does not answer. Trying again.';
        byId('problem').hidden = false;
        return setTimeout(refresh, 2000);
    }
    byId('problem').hidden = response.ok || !token;
    if (!response.ok) {
        byId('problem').textContent = token ? 'This token was not accepted. Check it and try again.' : '';
        byId('sign-in').hidden = false;
        byId('content').hidden = true;
        return;
    }
    const { rooms, memoryBytes } = await response.json();
    byId('sign-in').hidden = true;
    byId('content').hidden = false;
    const now = performance.now();
    const seconds = (now - lastAt) / 1000;
    byId('totals').replaceChildren(
        total(rooms.length, 'rooms'), total(rooms.reduce((sum, room) => sum + room.members.length, 0), 'members'), total(size(memoryBytes), 'in memory'));
    byId('rooms').replaceChildren(...rooms.map(room => {
        const tr = document.createElement('tr');
        const before = last.get(room.room);
        const rate = before === undefined ? '' : (Math.max(0, room.updates - before) / seconds).toFixed(1);
        const who = room.members.slice(0, 12).map(member => (member.name || member.subject || member.protocol) + (member.behind ? ' (behind)' : '')).join(', ');
        tr.append(cell(room.room), cell(size(room.bytes), 'number'), cell(rate, 'number'), cell(room.members.length, 'number'), cell(who + (room.members.length > 12 ? ' …' : ''), 'members'));
        return tr;
    }));
    byId('empty').hidden = rooms.length > 0;
    last = new Map(rooms.map(room => [room.room, room.updates]));
    lastAt = now;
    setTimeout(refresh, 2000);
}
byId('sign-in').addEventListener('submit', event => { event.preventDefault(); token = byId('token').value; refresh(); });
refresh();
`;
