import { matchesRoomPattern, type Revocation, type RoomAccess } from '@tandem/protocol';

/** Who is at the other end, as far as the collaboration server needs to know. */
export interface Identity {
    readonly subject: string;
    readonly name: string | undefined;
    readonly session: string | undefined;
    readonly grant: string | undefined;
    readonly workspace: string | undefined;
    readonly tokenId: string | undefined;
    /** When the token ends, in milliseconds since the epoch; `undefined`: never. */
    readonly expiresAt: number | undefined;
    /** Access by room pattern; the strongest match counts. */
    readonly rooms: readonly { readonly pattern: string; readonly access: RoomAccess }[];
}

const STRENGTH: Record<RoomAccess, number> = { read: 0, comment: 1, write: 2 };

/** What `identity` may do with `room`; `undefined`: nothing. */
export function accessTo(identity: Identity, room: string): RoomAccess | undefined {
    let best: RoomAccess | undefined;
    for (const { pattern, access } of identity.rooms) {
        if ((best === undefined || STRENGTH[access] > STRENGTH[best]) && matchesRoomPattern(pattern, room)) {
            best = access;
        }
    }
    return best;
}

/** Whether edits are taken: `comment` may write only where comments live. */
export function mayWrite(access: RoomAccess, room: string, commentRooms: readonly string[]): boolean {
    return access === 'write' || (access === 'comment' && commentRooms.some((pattern) => matchesRoomPattern(pattern, room)));
}

/** Whether a revocation ends this identity. */
export function isRevokedBy(identity: Identity, { kind, id }: Pick<Revocation, 'kind' | 'id'>): boolean {
    switch (kind) {
        case 'session':
            return identity.session === id;
        case 'grant':
            return identity.grant === id;
        case 'user':
            return identity.subject === id;
        case 'workspace':
            return identity.workspace === id;
        case 'token':
            return identity.tokenId === id;
    }
}
