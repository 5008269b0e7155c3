// A backend on a Unix socket that costs as little as possible, so that what is between shows.
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const MEGABYTE = 1024 * 1024;
const piece = Buffer.alloc(64 * 1024);

const server = createServer((request, response) => {
    const [path, size] = (request.url ?? '/').split('?');
    if (path === '/download') {
        let left = Number(size) * MEGABYTE;
        response.writeHead(200, { 'Content-Length': left });
        const send = () => {
            while (left > 0) {
                left -= piece.length;
                if (!response.write(piece)) {
                    response.once('drain', send);
                    return;
                }
            }
            response.end();
        };
        send();
    } else if (path === '/upload') {
        request.resume();
        request.on('end', () => response.end('done'));
    } else {
        response.end('small');
    }
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
        const text = data.length < 32 ? data.toString() : '';
        if (!text.startsWith('stream ')) {
            socket.send(data);
            return;
        }
        let left = Number(text.slice(7)) * MEGABYTE;
        const send = () => {
            while (left > 0 && socket.readyState === socket.OPEN) {
                left -= piece.length;
                if (socket.bufferedAmount > 4 * MEGABYTE) {
                    socket.send(piece, send);
                    return;
                }
                socket.send(piece);
            }
        };
        send();
    });
});
server.listen(process.argv[2], () => console.log('{}'));
