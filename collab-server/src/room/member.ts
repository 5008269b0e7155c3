import type { RoomAccess } from '@tandem/protocol';
import type { CommitWaiter } from '../log/commit-beat.ts';
import type { Connection } from '../net/connection.ts';
import type { StateVector } from '../update/update-state.ts';
import { syncStatusFrame, type Address } from '../wire/messages.ts';
import type { PresenceOwner } from './presence.ts';
import type { Room } from './room.ts';

/** A connection's part in one room. */
export class Member implements PresenceOwner, CommitWaiter {
    readonly connection: Connection;
    readonly address: Address;
    readonly subject: string;
    /** Display name from the token, for the roster. */
    readonly displayName: string | undefined;
    access: RoomAccess;
    /** Whether this member may change the document, which is not the same for `comment` in every room. */
    mayWrite: boolean;
    readonly presenceIds = new Set<number>();
    /** What the member had when it fell behind; it gets one difference when its socket has drained. */
    staleSince: StateVector | undefined;
    presenceSkipped = false;
    /** Wants to hear who stands behind which client id. */
    wantsRoster = false;
    /** Where it is a member; set by the room. */
    room: Room | undefined;
    /** Updates that are durable and of which it was not told yet. */
    private owed = 0;
    private readonly acknowledges: boolean;
    private readonly acknowledgement: Buffer | undefined;

    constructor(options: {
        connection: Connection;
        address: Address;
        subject: string;
        displayName: string | undefined;
        access: RoomAccess;
        mayWrite: boolean;
        /** Whether the client's protocol has acknowledgements. */
        acknowledges: boolean;
    }) {
        this.connection = options.connection;
        this.address = options.address;
        this.subject = options.subject;
        this.displayName = options.displayName;
        this.access = options.access;
        this.mayWrite = options.mayWrite;
        this.acknowledges = options.acknowledges;
        this.acknowledgement = options.acknowledges ? syncStatusFrame(options.address, true) : undefined;
    }

    /** `count` updates became durable. It is told at once, or with what the room is about to send anyway. */
    committed(count: number): void {
        if (this.acknowledges) {
            this.owed += count;
            if (!this.room?.hasGathered) {
                this.sendAcknowledgements();
            }
        }
    }

    /** One SyncStatus for each update that became durable, in one write. */
    sendAcknowledgements(): void {
        if (this.owed > 0) {
            this.connection.send(this.takeAcknowledgements());
        }
    }

    /** Sends a small frame, and what is owed in the same write. */
    sendWithAcknowledgements(frame: Buffer): void {
        this.connection.send(this.owed > 0 ? Buffer.concat([frame, this.takeAcknowledgements()]) : frame);
    }

    private takeAcknowledgements(): Buffer {
        const { owed } = this;
        const acknowledgement = this.acknowledgement as Buffer;
        this.owed = 0;
        return owed === 1 ? acknowledgement : Buffer.concat(new Array<Buffer>(owed).fill(acknowledgement));
    }

    /** Tells the client that an update was not taken. */
    refuse(): void {
        if (this.acknowledges) {
            this.connection.send(syncStatusFrame(this.address, false));
        }
    }
}
