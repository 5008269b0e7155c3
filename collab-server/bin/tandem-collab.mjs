#!/usr/bin/env node
const WANTED = 24;
if (Number(process.versions.node.split('.')[0]) < WANTED) {
    process.stderr.write(`tandem-collab needs Node ${WANTED} or newer; this is ${process.versions.node}.\n`);
    process.exit(1);
}
await import('../lib/main.js');
