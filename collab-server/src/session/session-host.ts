import type { Logger } from '@tandem/server-kit';
import type { Authenticate } from '../auth/authenticator.ts';
import type { Identity } from '../auth/identity.ts';
import type { Limits } from '../limits.ts';
import type { Member } from '../room/member.ts';
import type { RoomRegistry } from '../room/room-registry.ts';
import type { RoomHost } from '../room/room.ts';
import type { Connection } from '../net/connection.ts';
import type { Hooks } from '../hooks/hooks.ts';

/** What the protocol sessions need of the service. */
export interface SessionHost {
    readonly limits: Limits;
    readonly logger: Logger;
    /** Milliseconds of a clock that never jumps. */
    readonly now: () => number;
    readonly rooms: RoomRegistry;
    readonly roomHost: RoomHost;
    readonly authenticate: Authenticate;
    readonly hooks: Hooks;
    /** Room patterns in which `comment` may write. */
    readonly commentRooms: readonly string[];
    /** Whether a token's end closes what it opened; not so for admission tokens while revocations arrive. */
    enforcesExpiry(fromGateway: boolean): boolean;
    /** Whether edits can be taken: the log works or its backlog is small. */
    readonly isWritable: boolean;
    readonly counters: { refusedUpdates: number; violations: number };
}

/** One open socket, whatever it speaks. */
export interface Session {
    readonly connection: Connection;
    /** Everybody who speaks on it. */
    identities(): Iterable<Identity>;
    members(): Iterable<{ member: Member; room: string }>;
    /** Sends something that counts as data, so that the client knows we are there. */
    keepAlive(): void;
    /** Closes what has expired, `now` in milliseconds since the epoch; called on a slow beat. */
    checkExpiry(now: number): void;
}
