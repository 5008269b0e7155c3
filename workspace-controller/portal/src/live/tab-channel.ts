import type { ResourceEvent } from '@tandem/api-client';

export type LineState = { kind: 'connecting' } | { kind: 'open' } | { kind: 'lost'; message: string };

/** What the tabs of one browser tell each other. */
export type TabMessage =
    | { type: 'event'; event: ResourceEvent }
    /** All events up to here were passed on. */
    | { type: 'cursor'; cursor: string; all: boolean }
    | { type: 'state'; state: LineState }
    | { type: 'gap' }
    | { type: 'signed-out' }
    | { type: 'hello' }
    | { type: 'retry' };

/** Talks to the other tabs of this origin; alone where the browser has no such channel. */
export class TabChannel {
    private channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('tandem.events');

    constructor(onMessage: (message: TabMessage) => void) {
        if (this.channel !== undefined) {
            this.channel.onmessage = (event: MessageEvent<TabMessage>) => onMessage(event.data);
        }
    }

    send(message: TabMessage): void {
        this.channel?.postMessage(message);
    }

    close(): void {
        this.channel?.close();
        this.channel = undefined;
    }
}
