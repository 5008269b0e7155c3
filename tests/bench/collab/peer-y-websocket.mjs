// y-websocket's own connection handler behind a `ws` server that checks, compresses and keeps track of nothing: `node peer-y-websocket.mjs <port>`.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { WebSocketServer } from 'ws';

// Both halves of the package must share one copy of Yjs, which is the CommonJS one.
const { setupWSConnection } = createRequire(import.meta.url)('y-websocket-2/bin/utils');
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, skipUTF8Validation: true, clientTracking: false });
const server = createServer();
server.on('upgrade', (request, socket, head) =>
    sockets.handleUpgrade(request, socket, head, (opened) => setupWSConnection(opened, request)),
);
server.listen(Number(process.argv[2]), '127.0.0.1');
