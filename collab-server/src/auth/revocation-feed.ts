import { REVOCATION_FEED_LOST_MS, Revocation } from '@tandem/protocol';
import type { Logger } from '@tandem/server-kit';
import { Value } from 'typebox/value';

const RETRY_MS = 1_000;

/**
 * Follows the feed of revocations (server-sent events, resumed by `Last-Event-ID`). Anything that arrives, comments
 * included, proves that the feed is alive.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class RevocationFeed {
    private readonly url: string;
    private readonly token: string | undefined;
    private readonly logger: Logger;
    private readonly onRevocation: (revocation: Revocation) => void;
    private readonly now: () => number;
    private readonly abort = new AbortController();
    private lastHeardAt = 0;
    private cursor: string | undefined;

    constructor(options: {
        url: string;
        token?: string | undefined;
        logger: Logger;
        now: () => number;
        onRevocation: (revocation: Revocation) => void;
    }) {
        this.url = options.url;
        this.token = options.token;
        this.logger = options.logger;
        this.now = options.now;
        this.onRevocation = options.onRevocation;
    }

    /** Whether the feed was heard recently; otherwise nobody new may come in. */
    get isAlive(): boolean {
        return this.now() - this.lastHeardAt < REVOCATION_FEED_LOST_MS;
    }

    start(): void {
        void this.run();
    }

    stop(): void {
        this.abort.abort();
    }

    private async run(): Promise<void> {
        while (!this.abort.signal.aborted) {
            try {
                await this.follow();
            } catch (error) {
                if (!this.abort.signal.aborted) {
                    this.logger.warn({ problem: String(error) }, 'the feed of revocations broke off');
                }
            }
            await new Promise<void>((resolve) => {
                const timer = setTimeout(resolve, RETRY_MS);
                this.abort.signal.addEventListener('abort', () => {
                    clearTimeout(timer);
                    resolve();
                });
            });
        }
    }

    private async follow(): Promise<void> {
        const headers: Record<string, string> = { accept: 'text/event-stream' };
        if (this.cursor !== undefined) {
            headers['last-event-id'] = this.cursor;
        }
        if (this.token !== undefined) {
            headers.authorization = `Bearer ${this.token}`;
        }
        // A connection that has been silent for long is dead, whatever TCP says.
        const silence = new AbortController();
        const signal = AbortSignal.any([this.abort.signal, silence.signal]);
        const response = await fetch(this.url, { headers, signal });
        if (!response.ok || !response.body) {
            throw new Error(`the feed answered ${response.status}`);
        }
        this.lastHeardAt = this.now();
        let text = '';
        let timer: NodeJS.Timeout | undefined;
        try {
            const decoder = new TextDecoder();
            for await (const chunk of response.body) {
                clearTimeout(timer);
                timer = setTimeout(() => silence.abort(), REVOCATION_FEED_LOST_MS);
                this.lastHeardAt = this.now();
                text += decoder.decode(chunk as Uint8Array, { stream: true });
                const events = text.split(/\r?\n\r?\n/);
                text = events.pop() as string;
                events.forEach((event) => this.take(event));
                if (text.length > 65_536) {
                    throw new Error('an event is too long');
                }
            }
        } finally {
            clearTimeout(timer);
        }
    }

    private take(event: string): void {
        const data: string[] = [];
        for (const line of event.split(/\r?\n/)) {
            const [field, value = ''] = splitField(line);
            if (field === 'id') {
                this.cursor = value;
            } else if (field === 'data') {
                data.push(value);
            }
        }
        if (data.length === 0) {
            return;
        }
        let revocation: unknown;
        try {
            revocation = JSON.parse(data.join('\n'));
        } catch {
            revocation = undefined;
        }
        if (Value.Check(Revocation, revocation)) {
            this.onRevocation(revocation);
        } else {
            this.logger.warn('an event of the feed of revocations is not valid');
        }
    }
}

function splitField(line: string): [string, string] {
    const colon = line.indexOf(':');
    return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
}
