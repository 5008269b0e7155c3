import { CLOSE_CODES, type RoomAccess } from '@tandem/protocol';
import { AuthenticationError } from '../auth/authenticator.ts';

/** Code of yours at the moments that matter, in the style of Hocuspocus. Each may be asynchronous but for `change`. */
export interface HookListeners {
    /** Somebody wants to open a room. Throw to refuse with 4403. */
    onAuthenticate?(event: { room: string; subject: string; access: RoomAccess }): Promise<void> | void;
    /** A room was loaded. */
    onLoad?(event: { room: string; bytes: number }): void;
    /** An update was taken and is on its way to the log. On the hot path: be quick. */
    onChange?(event: { room: string; update: Uint8Array }): void;
    /** Edits of a room are durable; called for each group commit that held some. Be quick. */
    onStore?(event: { room: string; bytes: number }): void;
    /** The last member left a room, or one of several did. */
    onDisconnect?(event: { room: string; subject: string; remaining: number }): void;
}

/** Hook names as webhooks call them. */
export const HOOK_NAMES = ['authenticate', 'load', 'change', 'store', 'disconnect'] as const;
export type HookName = (typeof HOOK_NAMES)[number];

export class Hooks {
    private readonly listeners: readonly HookListeners[];
    readonly hasChange: boolean;
    readonly hasStore: boolean;

    constructor(listeners: readonly HookListeners[]) {
        this.listeners = listeners;
        this.hasStore = listeners.some((listener) => listener.onStore);
        this.hasChange = listeners.some((listener) => listener.onChange);
    }

    /** @throws AuthenticationError with what the listener threw */
    async authenticate(event: { room: string; subject: string; access: RoomAccess }): Promise<void> {
        for (const listener of this.listeners) {
            try {
                await listener.onAuthenticate?.(event);
            } catch (cause) {
                throw new AuthenticationError(CLOSE_CODES.denied, cause instanceof Error ? cause.message : 'refused', { cause });
            }
        }
    }

    load(event: { room: string; bytes: number }): void {
        this.listeners.forEach((listener) => listener.onLoad?.(event));
    }

    change(event: { room: string; update: Uint8Array }): void {
        this.listeners.forEach((listener) => listener.onChange?.(event));
    }

    store(event: { room: string; bytes: number }): void {
        this.listeners.forEach((listener) => listener.onStore?.(event));
    }

    disconnect(event: { room: string; subject: string; remaining: number }): void {
        this.listeners.forEach((listener) => listener.onDisconnect?.(event));
    }
}
