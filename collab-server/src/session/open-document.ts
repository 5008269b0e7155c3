import type { Identity } from '../auth/identity.ts';
import type { Member } from '../room/member.ts';
import type { Room } from '../room/room.ts';
import type { MessageReader } from '../wire/message-reader.ts';
import type { Address } from '../wire/messages.ts';

/** One document of a Hocuspocus socket, from its first message on. */
export interface OpenDocument {
    readonly address: Address;
    readonly roomName: string;
    /** Waiting for its token and its room; then what waits is handled in order. */
    queue: { type: number; reader: MessageReader; bytes: number }[] | undefined;
    queuedBytes: number;
    authenticating: boolean;
    identity: Identity | undefined;
    expires: boolean;
    renewalAsked: boolean;
    room: Room | undefined;
    member: Member | undefined;
}

export function openDocument(address: Address, roomName: string): OpenDocument {
    return {
        address,
        roomName,
        queue: [],
        queuedBytes: 0,
        authenticating: false,
        identity: undefined,
        expires: false,
        renewalAsked: false,
        room: undefined,
        member: undefined,
    };
}
