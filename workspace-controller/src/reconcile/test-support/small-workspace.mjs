// A small real workspace for tests: a process that speaks the control channel and keeps its claim on its volume.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

const claimFile = join(process.env.HOME, 'claim.json');
const read = (file) => {
    try {
        return JSON.parse(readFileSync(file, 'utf8'));
    } catch {
        return undefined;
    }
};
let claim = read(claimFile);
const server = createServer((request, response) => {
    if (request.url === '/exit') {
        process.exit(3);
    }
    response.end(JSON.stringify({ pid: process.pid, owner: claim?.owner, generation: claim?.generation }));
});
const sockets = new WebSocketServer({ server, path: '/.tandem/control' });
sockets.on('connection', (socket) => {
    const send = (message) => socket.send(JSON.stringify(message));
    send({
        type: 'hello',
        bootId: process.env.TANDEM_BOOT_ID ?? 'boot',
        pid: process.pid,
        version: 'test',
        prepared: claim?.prepared ?? false,
        claim,
    });
    socket.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'activate') {
            if (claim && message.generation < claim.generation) {
                send({
                    type: 'refused',
                    id: message.id,
                    code: 'stale-claim',
                    reason: `generation ${message.generation} is older than ${claim.generation}`,
                });
                return;
            }
            claim = { ...claim, uid: message.claimUid, generation: message.generation, owner: message.owner.name };
            writeFileSync(claimFile, JSON.stringify(claim));
            send({ type: 'activated', id: message.id, generation: message.generation });
        } else if (message.type === 'prepare') {
            send({ type: 'progress', stage: 'cloning', percent: 50, detail: 'half' });
            const attempts = (claim.attempts ?? 0) + 1;
            claim = { ...claim, attempts };
            const fails = message.source?.url.includes('fails-once') && attempts === 1;
            claim.prepared = !fails;
            writeFileSync(claimFile, JSON.stringify(claim));
            send(
                fails
                    ? {
                          type: 'prepare-failed',
                          id: message.id,
                          stage: 'cloning',
                          code: 'git-unreachable',
                          reason: 'It could not be reached.',
                          log: '',
                      }
                    : { type: 'prepared', id: message.id },
            );
        } else if (message.type === 'stop') {
            send({ type: 'stopping', id: message.id });
            process.exit(0);
        }
    });
});
process.on('SIGTERM', () => process.exit(0));
server.listen(process.env.TANDEM_IDE_SOCKET);
