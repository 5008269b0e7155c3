import type { Member } from '../room/member.ts';
import type { Room } from '../room/room.ts';
import { MESSAGE, stringFrame } from '../wire/messages.ts';

/** A stateless message with this text asks for the roster, now and whenever it changes. */
export const ROSTER_REQUEST = '{"tandem":"roster"}';

/** Who stands behind a client id: from the token, not from the client's own words. */
export interface RosterEntry {
    readonly clientId: number;
    readonly subject: string;
    readonly name: string | undefined;
    readonly access: string;
}

/** Stateless messages go to nobody else: what members tell each other belongs to relay channels. */
export function answerStateless(room: Room, member: Member, text: string): void {
    if (text === ROSTER_REQUEST) {
        member.wantsRoster = true;
        sendRoster(room, [member]);
    }
}

export function rosterOf(room: Room): RosterEntry[] {
    const entries: RosterEntry[] = [];
    for (const [clientId, owner] of room.presence.owners()) {
        entries.push({ clientId, subject: owner.subject, name: owner.displayName, access: owner.access });
    }
    return entries.sort((a, b) => a.clientId - b.clientId);
}

export function sendRoster(room: Room, members: Iterable<Member>): void {
    const text = JSON.stringify({ tandem: 'roster', members: rosterOf(room) });
    for (const member of members) {
        member.connection.send(stringFrame(member.address, [MESSAGE.stateless], text));
    }
}

const lastSent = new WeakMap<Room, string>();

/** Tells those who asked, when somebody came or went. */
export function updateRoster(room: Room): void {
    const listeners = [...room.members].filter((member) => member.wantsRoster);
    if (listeners.length === 0) {
        return;
    }
    const key = rosterOf(room)
        .map(({ clientId, subject, access }) => `${clientId} ${access} ${subject}`)
        .join('\n');
    if (lastSent.get(room) !== key) {
        lastSent.set(room, key);
        sendRoster(room, listeners);
    }
}
