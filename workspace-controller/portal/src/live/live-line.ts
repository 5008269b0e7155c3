import type { EventState, ResourceEvent } from '@tandem/api-client';
import { api } from '../api/client.ts';
import { TabChannel, type LineState, type TabMessage } from './tab-channel.ts';

const LOCK = 'tandem.events';

export interface LiveLineOptions {
    /** All I may see instead of what I can open. */
    all: boolean;
    onEvent: (event: ResourceEvent) => void;
    onState: (state: LineState) => void;
    /** What is known may be out of date: read everything again. */
    onGap: () => void;
    /** The session has ended. */
    onSignedOut: () => void;
}

/**
 * The one event stream that all tabs of this browser share: browsers allow six connections to an HTTP/1.1 host. The tab that
 * holds the lock reads the stream and passes it on; when it goes, the next one takes over from the last cursor it heard.
 */
export class LiveLine {
    private readonly options: LiveLineOptions;
    private readonly channel: TabChannel;
    private readonly ended = new AbortController();
    private cursor: string | undefined;
    private leads = false;
    private state: LineState = { kind: 'connecting' };
    private retry: (() => void) | undefined;

    constructor(options: LiveLineOptions) {
        this.options = options;
        this.channel = new TabChannel((message) => this.hear(message));
        this.channel.send({ type: 'hello' });
    }

    /** @param since version of the oldest list this tab shows; nothing after it is missed */
    start(since: string | undefined): void {
        this.cursor ??= since;
        const { signal } = this.ended;
        if (navigator.locks === undefined) {
            void this.lead();
            return;
        }
        navigator.locks
            .request(`${LOCK}.${this.options.all ? 'all' : 'mine'}`, { signal }, () => this.lead())
            .catch((error: unknown) => {
                if (!signal.aborted) {
                    reportError(error);
                }
            });
    }

    /** Dials now instead of after the pause. */
    retryNow(): void {
        this.retry?.();
        this.channel.send({ type: 'retry' });
    }

    signedOut(): void {
        this.channel.send({ type: 'signed-out' });
    }

    stop(): void {
        this.ended.abort();
        this.channel.close();
    }

    private async lead(): Promise<void> {
        this.leads = true;
        while (!this.ended.signal.aborted) {
            const last = await this.readStream();
            if (last.state === 'refused') {
                this.options.onSignedOut();
                this.channel.send({ type: 'signed-out' });
                return;
            }
            if (last.state === 'expired' && !(await this.beginAgain())) {
                return;
            }
        }
    }

    private async readStream(): Promise<EventState> {
        let last: EventState = { state: 'connecting' };
        const subscription = api.events({
            since: this.cursor,
            all: this.options.all || undefined,
            signal: this.ended.signal,
            onEvent: (event) => {
                this.options.onEvent(event);
                this.channel.send({ type: 'event', event });
                // After the event: a tab that takes over in between reads it twice rather than never.
                queueMicrotask(() => this.moveCursor(subscription.position));
            },
            onState: (state) => {
                last = state;
                this.tell(toLineState(state));
            },
        });
        this.retry = () => subscription.retryNow();
        await subscription.done;
        this.cursor = subscription.position ?? this.cursor;
        return last;
    }

    /** The cursor is too old: takes a new one first and lists after that, so that nothing falls between. */
    private async beginAgain(): Promise<boolean> {
        try {
            const { version } = await api.listWorkspaces({ query: { limit: 1 }, signal: this.ended.signal });
            this.cursor = version;
        } catch {
            // The session ended or the server is away: the list below finds out which and shows it.
            this.cursor = undefined;
        }
        this.options.onGap();
        this.channel.send({ type: 'gap' });
        return !this.ended.signal.aborted;
    }

    private moveCursor(cursor: string | undefined): void {
        if (cursor !== undefined && cursor !== this.cursor) {
            this.cursor = cursor;
            this.channel.send({ type: 'cursor', cursor, all: this.options.all });
        }
    }

    private tell(state: LineState | undefined): void {
        if (state !== undefined) {
            this.state = state;
            this.options.onState(state);
            this.channel.send({ type: 'state', state });
        }
    }

    private hear(message: TabMessage): void {
        switch (message.type) {
            case 'event':
                this.options.onEvent(message.event);
                break;
            case 'cursor':
                if (message.all === this.options.all) {
                    this.cursor = message.cursor;
                }
                break;
            case 'state':
                this.options.onState(message.state);
                break;
            case 'gap':
                this.options.onGap();
                break;
            case 'signed-out':
                this.options.onSignedOut();
                break;
            case 'hello':
                if (this.leads) {
                    this.channel.send({ type: 'state', state: this.state });
                }
                break;
            case 'retry':
                this.retry?.();
                break;
        }
    }
}

function toLineState(state: EventState): LineState | undefined {
    switch (state.state) {
        case 'open':
            return { kind: 'open' };
        case 'waiting':
            return { kind: 'lost', message: state.error.message };
        default:
            // While it dials, what was said last still holds.
            return undefined;
    }
}
