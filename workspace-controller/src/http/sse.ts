import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Disposable } from '@tandem/server-kit';

const HEARTBEAT_MS = 15_000;
/** A reader that is this far behind is cut off; it comes back with its cursor. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** A stream of server-sent events. @see https://html.spec.whatwg.org/multipage/server-sent-events.html */
export class EventStream {
    private readonly reply: FastifyReply;
    private readonly heartbeat: NodeJS.Timeout;
    private readonly disposables: Disposable[] = [];
    private ended = false;
    private cursor: string | undefined;

    constructor(request: FastifyRequest, reply: FastifyReply) {
        this.reply = reply;
        reply.hijack();
        const headers = reply.getHeaders() as Record<string, string>;
        reply.raw.writeHead(200, {
            ...headers,
            'content-type': 'text/event-stream; charset=utf-8',
            'cache-control': 'no-store',
            // Told to proxies that would collect events.
            'x-accel-buffering': 'no',
        });
        reply.raw.write('retry: 1000\n\n');
        this.heartbeat = setInterval(() => this.beat(), HEARTBEAT_MS);
        request.raw.socket.setNoDelay(true);
        reply.raw.on('close', () => this.end());
        reply.raw.on('error', () => this.end());
    }

    get open(): boolean {
        return !this.ended;
    }

    /** Disposed of when the stream ends, however. */
    own(disposable: Disposable): void {
        if (this.ended) {
            disposable.dispose();
        } else {
            this.disposables.push(disposable);
        }
    }

    send(event: { id?: string; name?: string; data: unknown }): void {
        const lines = [event.name === undefined ? '' : `event: ${event.name}\n`, event.id === undefined ? '' : `id: ${event.id}\n`];
        this.cursor = undefined;
        this.write(`${lines.join('')}data: ${JSON.stringify(event.data)}\n\n`);
    }

    /** The cursor moves on without an event for this reader; told with the next heartbeat. */
    skip(id: string): void {
        this.cursor = id;
    }

    end(): void {
        if (this.ended) {
            return;
        }
        this.ended = true;
        clearInterval(this.heartbeat);
        for (const disposable of this.disposables) {
            disposable.dispose();
        }
        this.reply.raw.end();
    }

    private beat(): void {
        this.write(this.cursor === undefined ? ': \n\n' : `id: ${this.cursor}\n\n`);
        this.cursor = undefined;
    }

    private write(text: string): void {
        if (this.ended) {
            return;
        }
        this.reply.raw.write(text);
        if (this.reply.raw.writableLength > MAX_BUFFERED_BYTES) {
            this.reply.raw.destroy();
            this.end();
        }
    }
}

/** The cursor of a stream request: the header of a reconnecting browser wins over the address. */
export function cursorOf(request: FastifyRequest, since: string | undefined): string | undefined {
    const header = request.headers['last-event-id'];
    return typeof header === 'string' && header !== '' && header.length <= 32 ? header : since;
}
