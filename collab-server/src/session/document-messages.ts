import { InvalidUpdate } from '../update/update-reader.ts';
import type { Member } from '../room/member.ts';
import type { Room } from '../room/room.ts';
import type { MessageReader } from '../wire/message-reader.ts';
import { ProtocolViolation } from '../wire/message-reader.ts';
import { MESSAGE, SYNC, permissionDeniedFrame } from '../wire/messages.ts';
import type { SessionHost } from './session-host.ts';

/** Subtype of an auth message that says no, in both protocols' numbering. */
const DENIED_SUBTYPE = { y: 0, hocuspocus: 1 } as const;

/**
 * Handles one sync or presence message of a member; `reader` stands behind the message type.
 *
 * @throws ProtocolViolation
 */
export function handleDocumentMessage(host: SessionHost, room: Room, member: Member, type: number, reader: MessageReader): void {
    switch (type) {
        case MESSAGE.sync:
        case MESSAGE.syncReply:
            handleSync(host, room, member, reader);
            return;
        case MESSAGE.awareness: {
            const { changed, left } = room.presence.receive(member, reader.value(), host.now());
            if (changed) {
                host.roomHost.schedulePresence(room, left);
            }
            return;
        }
        case MESSAGE.queryAwareness:
            room.sendPresence(member);
            return;
        default:
            throw new ProtocolViolation(`unknown message type ${type}`);
    }
}

function handleSync(host: SessionHost, room: Room, member: Member, reader: MessageReader): void {
    const subtype = reader.uint();
    const value = reader.value();
    switch (subtype) {
        case SYNC.step1:
            try {
                room.answerSync(member, value);
            } catch (error) {
                throw error instanceof InvalidUpdate ? new ProtocolViolation('a state vector is not valid') : error;
            }
            return;
        case SYNC.step2:
        case SYNC.update:
            receive(host, room, member, value);
            return;
        default:
            throw new ProtocolViolation(`unknown sync message ${subtype}`);
    }
}

function receive(host: SessionHost, room: Room, member: Member, bytes: Buffer): void {
    try {
        if (!member.mayWrite) {
            // What the client has is what we have: nothing was edited, and it may know so.
            if (room.isKnown(bytes)) {
                host.roomHost.commits.barrier(room.name, member);
            } else {
                refuse(host, member, 'You can read this document but not change it.');
            }
            return;
        }
        if (!host.isWritable) {
            member.connection.close(4500, 'edits cannot be stored right now');
            return;
        }
        const outcome = room.receiveUpdate(bytes, member);
        if (outcome === 'known') {
            host.roomHost.commits.barrier(room.name, member);
        } else if (outcome === 'refused') {
            refuse(host, member, 'The document is at its size limit. Delete nothing here: begin a new document.');
        }
    } catch (error) {
        if (!(error instanceof InvalidUpdate)) {
            throw error;
        }
        host.logger.info({ room: room.name, problem: error.message }, 'invalid update refused');
        refuse(host, member, `The edit was refused: ${error.message}.`);
    }
}

/** Refuses an edit without ending the connection: a stock client would send it again for ever. */
export function refuse(host: SessionHost, member: Member, reason: string): void {
    host.counters.refusedUpdates++;
    member.refuse();
    if (member.address.key === '') {
        member.connection.send(permissionDeniedFrame(member.address, reason, DENIED_SUBTYPE.y));
    }
}
