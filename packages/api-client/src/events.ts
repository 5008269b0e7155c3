import type { AnyResource, Kind, ResourceOf } from '@tandem/protocol';
import { ApiError, isApiError } from './api-error.ts';
import { reconnectDelayMs } from './backoff.ts';
import { createSseParser, type SseMessage } from './sse-parser.ts';

/** One change of a resource. */
export type ResourceEvent = { [K in Kind]: { kind: K; type: 'added' | 'modified' | 'deleted'; object: ResourceOf<K> } }[Kind];
export type { AnyResource };

export type EventState =
    | { state: 'connecting' }
    /** Events come; what happened while away was delivered or follows. */
    | { state: 'open' }
    /** The line dropped; the next try comes after the pause. */
    | { state: 'waiting'; error: ApiError; retryInMs: number }
    /** The cursor is too old: list again, then subscribe anew. The subscription has ended. */
    | { state: 'expired' }
    /** The server will not have us; the subscription has ended. */
    | { state: 'refused'; error: ApiError }
    /** Closed by `close` or `signal`. */
    | { state: 'closed' };

export interface EventOptions {
    /** Cursor to begin after: `version` of a list. Absent: from now on. */
    since?: string;
    /** Not only what I can open but all I may see. */
    all?: boolean;
    signal?: AbortSignal;
    onEvent: (event: ResourceEvent) => void;
    onState?: (state: EventState) => void;
    /** A line that says nothing, not even a heartbeat, for this long is dialled anew, in milliseconds. @default 60000 */
    silenceMs?: number;
    /** First pause after a failure and the longest, in milliseconds. @default 500 and 30000 */
    firstRetryMs?: number;
    ceilingRetryMs?: number;
    random?: () => number;
}

type Connect = (since: string | undefined, signal: AbortSignal, headers: Record<string, string>) => Promise<Response>;

/** A line that held this long counts as having worked, even without an event. */
const PROVEN_AFTER_MS = 5_000;
const PERMANENT = new Set([400, 401, 403, 404]);

/** A live event stream. */
export class EventSubscription {
    /** Settles when the subscription has ended, however; never rejects. */
    readonly done: Promise<void>;
    private readonly connect: Connect;
    private readonly options: EventOptions;
    private readonly controller = new AbortController();
    private cursor: string | undefined;
    private serverRetryMs: number | undefined;
    private wake: (() => void) | undefined;

    constructor(connect: Connect, options: EventOptions) {
        this.connect = connect;
        this.options = options;
        this.cursor = options.since;
        this.done = this.run();
    }

    /** Cursor after the last event that was delivered. */
    get position(): string | undefined {
        return this.cursor;
    }

    close(): void {
        this.controller.abort();
        this.wake?.();
    }

    /** Tries again now instead of after the pause, for a page that learns that the network is back. */
    retryNow(): void {
        this.wake?.();
    }

    private async run(): Promise<void> {
        const close = () => this.close();
        const retry = () => this.retryNow();
        this.options.signal?.addEventListener('abort', close, { once: true });
        globalThis.addEventListener?.('online', retry);
        if (this.options.signal?.aborted) {
            close();
        }
        try {
            await this.keepConnected();
        } finally {
            this.options.signal?.removeEventListener('abort', close);
            globalThis.removeEventListener?.('online', retry);
        }
    }

    private async keepConnected(): Promise<void> {
        for (let attempt = 0; !this.controller.signal.aborted; attempt++) {
            this.tell({ state: 'connecting' });
            try {
                await this.readOnce(() => (attempt = 0));
            } catch (error) {
                if (this.controller.signal.aborted) {
                    break;
                }
                const failure = asApiError(error);
                if (failure.code === 'cursor-expired') {
                    this.tell({ state: 'expired' });
                    return;
                }
                if (PERMANENT.has(failure.status)) {
                    this.tell({ state: 'refused', error: failure });
                    return;
                }
                await this.pause(failure, attempt);
            }
        }
        this.tell({ state: 'closed' });
    }

    /**
     * Reads one connection to its end, which is always a throw.
     *
     * @param onProven called once the line was worth having; one that ends at once is a failure like any other
     */
    private async readOnce(onProven: () => void): Promise<never> {
        const silence = new SilenceTimer(this.options.silenceMs ?? 60_000);
        const signal = AbortSignal.any([this.controller.signal, silence.signal]);
        let proven: ReturnType<typeof setTimeout> | undefined;
        try {
            const headers: Record<string, string> = this.cursor === undefined ? {} : { 'last-event-id': this.cursor };
            const response = await this.connect(this.cursor, signal, headers);
            proven = setTimeout(onProven, PROVEN_AFTER_MS);
            this.tell({ state: 'open' });
            const feed = createSseParser({
                onMessage: (message) => {
                    this.deliver(message);
                    onProven();
                },
                // After delivery: a line that drops in between repeats the event rather than losing it.
                onId: (id) => (this.cursor = id),
                onRetry: (delayMs) => (this.serverRetryMs = delayMs),
            });
            const decoder = new TextDecoder();
            const reader = response.body?.getReader();
            for (;;) {
                const chunk = await reader?.read();
                if (chunk === undefined || chunk.done) {
                    throw lost('The server ended the event stream.');
                }
                silence.restart();
                feed(decoder.decode(chunk.value, { stream: true }));
            }
        } catch (error) {
            throw silence.signal.aborted ? lost('The event stream fell silent.', error) : error;
        } finally {
            clearTimeout(proven);
            silence.stop();
        }
    }

    private deliver({ event, data }: SseMessage): void {
        if (event === 'cursor-expired') {
            throw new ApiError({ type: 'about:blank', title: 'The cursor is too old', status: 410, code: 'cursor-expired' });
        }
        const value = JSON.parse(data) as Partial<ResourceEvent>;
        if (value.kind !== undefined && value.type !== undefined && value.object !== undefined) {
            this.guarded(() => this.options.onEvent(value as ResourceEvent));
        }
    }

    private tell(state: EventState): void {
        this.guarded(() => this.options.onState?.(state));
    }

    /** A listener's mistake is reported where mistakes go, and stops nothing. */
    private guarded(callback: () => void): void {
        try {
            callback();
        } catch (error) {
            queueMicrotask(() => {
                throw error;
            });
        }
    }

    private async pause(error: ApiError, attempt: number): Promise<void> {
        const firstMs = this.options.firstRetryMs ?? this.serverRetryMs ?? 500;
        const ceilingMs = this.options.ceilingRetryMs ?? 30_000;
        const ownMs = reconnectDelayMs(attempt, (this.options.random ?? Math.random)(), { firstMs, ceilingMs });
        const retryInMs = Math.max(ownMs, error.retryAfterMs ?? 0);
        this.tell({ state: 'waiting', error, retryInMs });
        if (this.controller.signal.aborted) {
            return;
        }
        await new Promise<void>((resolve) => {
            const timer = setTimeout(resolve, retryInMs);
            this.wake = () => {
                clearTimeout(timer);
                resolve();
            };
        });
        this.wake = undefined;
    }
}

/** Fires when nothing came for a while: a laptop that slept keeps a dead connection without an error. */
class SilenceTimer {
    private readonly controller = new AbortController();
    private readonly limitMs: number;
    private timer: ReturnType<typeof setTimeout> | undefined;

    constructor(limitMs: number) {
        this.limitMs = limitMs;
        this.restart();
    }

    get signal(): AbortSignal {
        return this.controller.signal;
    }

    restart(): void {
        this.stop();
        this.timer = setTimeout(() => this.controller.abort(), this.limitMs);
    }

    stop(): void {
        clearTimeout(this.timer);
    }
}

function lost(detail: string, cause?: unknown): ApiError {
    return new ApiError(
        { type: 'about:blank', title: 'The service is not available right now', status: 0, code: 'unavailable', detail },
        { cause },
    );
}

function asApiError(error: unknown): ApiError {
    return isApiError(error) ? error : lost(error instanceof Error ? error.message : String(error), error);
}
