import { isUtf8 } from 'node:buffer';
import type { Limits } from '../limits.ts';
import { ByteWriter } from '../update/byte-writer.ts';
import { MessageReader, ProtocolViolation } from '../wire/message-reader.ts';

const NULL_STATE = Buffer.from('null');
/** Clocks of ids that left are remembered this long, so that a late echo does not bring them back. */
const GONE_MS = 90_000;

/** Whoever speaks for client ids. */
export interface PresenceOwner {
    /** Two connections of one subject may take an id over from each other (a reconnect before the old socket is gone). */
    readonly subject: string;
    readonly displayName?: string | undefined;
    readonly access: string;
    /** Set when these are members of another replica; how many ids they may have was checked there. */
    readonly replica?: string;
    readonly presenceIds: Set<number>;
}

interface Entry {
    clock: number;
    /** The state as the client's JSON, never parsed; `undefined` when it left. */
    state: Buffer | undefined;
    owner: PresenceOwner | undefined;
    /** Who spoke last, also after the id has left. */
    speaker: PresenceOwner;
    goneAt: number;
}

/**
 * Presence of one room: the latest state of each client id, as bytes. A connection may speak only for its own ids; stock
 * y-websocket clients also echo what they hear of others, which is ignored here.
 *
 * @see https://github.com/yjs/y-protocols/blob/master/awareness.js
 */
export class Presence {
    private readonly entries = new Map<number, Entry>();
    private readonly dirty = new Set<number>();
    private readonly remote = new Map<string, PresenceOwner>();
    private readonly limits: Limits;
    private liveCount = 0;

    constructor(limits: Limits) {
        this.limits = limits;
    }

    get isDirty(): boolean {
        return this.dirty.size > 0;
    }

    get isEmpty(): boolean {
        return this.liveCount === 0;
    }

    /** Ids with a state, and who speaks for them. */
    *owners(): IterableIterator<[number, PresenceOwner]> {
        for (const [id, entry] of this.entries) {
            if (entry.state !== undefined && entry.owner) {
                yield [id, entry.owner];
            }
        }
    }

    /**
     * Takes in an awareness message.
     *
     * @returns whether anything changed, and whether somebody left
     * @throws ProtocolViolation
     */
    receive(owner: PresenceOwner, message: Buffer, now: number): { changed: boolean; left: boolean } {
        const reader = new MessageReader(message);
        const outcome = { changed: false, left: false };
        for (let left = reader.uint(); left > 0; left--) {
            const id = reader.uint();
            const clock = reader.uint();
            const state = reader.value();
            if (state.length > this.limits.maxPresenceBytes) {
                continue;
            }
            const gone = state.length === 4 && state.equals(NULL_STATE);
            const entry = this.entries.get(id);
            if (!this.maySpeak(owner, id, entry)) {
                continue;
            }
            // Removing at an equal clock is for the owner only: others say so when they time somebody out.
            const mayEqual = gone && entry?.owner === owner;
            if (entry && (clock < entry.clock || (clock === entry.clock && !mayEqual))) {
                continue;
            }
            if (gone && entry?.state === undefined) {
                continue;
            }
            if (!gone && !isJson(state)) {
                throw new ProtocolViolation('a presence state is not JSON');
            }
            this.set(id, entry, owner, clock, gone ? undefined : Buffer.from(state), now);
            outcome.changed = true;
            outcome.left ||= gone;
        }
        return outcome;
    }

    /** Everything that `owner` spoke for leaves. Returns whether there was anything. */
    leave(owner: PresenceOwner, now: number): boolean {
        let any = false;
        for (const id of owner.presenceIds) {
            const entry = this.entries.get(id);
            if (entry && entry.owner === owner && entry.state !== undefined) {
                this.set(id, entry, owner, entry.clock + 1, undefined, now);
                any = true;
            }
        }
        owner.presenceIds.clear();
        return any;
    }

    /** One awareness update with what changed since the last call. */
    takeChanges(now: number): Buffer {
        const changes = this.encode([...this.dirty]);
        this.dirty.clear();

        if (this.entries.size > this.liveCount * 2 + 64) {
            for (const [id, entry] of this.entries) {
                if (entry.state === undefined && now - entry.goneAt > GONE_MS) {
                    this.entries.delete(id);
                }
            }
        }
        return changes;
    }

    /**
     * What changed among this replica's own members since the last `takeChanges`, or all of it: for each of them who they
     * are and an awareness update. `undefined` when there is nothing.
     */
    packLocal(everything: boolean): Buffer | undefined {
        const groups = new Map<PresenceOwner, number[]>();
        for (const id of everything ? this.entries.keys() : this.dirty) {
            const { speaker, state } = this.entries.get(id) as Entry;
            if (speaker.replica === undefined && (state !== undefined || !everything)) {
                groups.set(speaker, [...(groups.get(speaker) ?? []), id]);
            }
        }
        if (groups.size === 0) {
            return undefined;
        }
        const writer = new ByteWriter(groups.size * 200);
        writer.uint(groups.size);
        for (const [{ subject, displayName, access }, ids] of groups) {
            writer.string(JSON.stringify({ subject, displayName, access }));
            const update = this.encode(ids);
            writer.uint(update.length);
            writer.bytes(update);
        }
        return writer.finish();
    }

    /** Takes in what another replica packed. */
    receivePacked(replica: string, packed: Buffer, now: number): { changed: boolean; left: boolean } {
        const outcome = { changed: false, left: false };
        const reader = new MessageReader(packed);
        for (let left = reader.uint(); left > 0; left--) {
            const card = reader.string();
            const key = `${replica} ${card}`;
            let owner = this.remote.get(key);
            if (!owner) {
                owner = {
                    ...(JSON.parse(card) as { subject: string; displayName?: string; access: string }),
                    replica,
                    presenceIds: new Set(),
                };
                this.remote.set(key, owner);
            }
            const { changed, left: gone } = this.receive(owner, reader.value(), now);
            outcome.changed ||= changed;
            outcome.left ||= gone;
            if (owner.presenceIds.size === 0) {
                this.remote.delete(key);
            }
        }
        return outcome;
    }

    /** Everybody of a replica leaves. Returns whether there was anybody. */
    replicaLeaves(replica: string, now: number): boolean {
        let any = false;
        for (const [key, owner] of this.remote) {
            if (owner.replica === replica) {
                this.remote.delete(key);
                any = this.leave(owner, now) || any;
            }
        }
        return any;
    }

    /** One awareness update with everybody. */
    snapshot(): Buffer {
        const ids: number[] = [];
        for (const [id, entry] of this.entries) {
            if (entry.state !== undefined) {
                ids.push(id);
            }
        }
        return this.encode(ids);
    }

    private maySpeak(owner: PresenceOwner, id: number, entry: Entry | undefined): boolean {
        if (entry?.state !== undefined && entry.owner !== owner && entry.owner?.subject !== owner.subject) {
            return false;
        }
        if (owner.presenceIds.has(id)) {
            return true;
        }
        // An echo of somebody who is still here, heard over another connection of the same subject, is no take-over.
        return (
            owner.presenceIds.size < this.limits.maxPresenceIdsPerMember &&
            (entry !== undefined || this.entries.size < this.limits.maxPresenceIdsPerRoom)
        );
    }

    private set(id: number, entry: Entry | undefined, owner: PresenceOwner, clock: number, state: Buffer | undefined, now: number): void {
        const before = entry?.state !== undefined;
        if (entry) {
            if (entry.owner && entry.owner !== owner) {
                entry.owner.presenceIds.delete(id);
            }
            entry.clock = clock;
            entry.state = state;
            entry.owner = owner;
            entry.speaker = owner;
            entry.goneAt = now;
        } else {
            this.entries.set(id, { clock, state, owner, speaker: owner, goneAt: now });
        }
        if (state !== undefined) {
            owner.presenceIds.add(id);
        } else {
            const current = this.entries.get(id);
            if (current) {
                current.owner = undefined;
            }
        }
        this.liveCount += Number(state !== undefined) - Number(before);
        this.dirty.add(id);
    }

    private encode(ids: readonly number[]): Buffer {
        const writer = new ByteWriter(16 + ids.length * 160);
        writer.uint(ids.length);
        for (const id of ids) {
            const entry = this.entries.get(id) as Entry;
            const state = entry.state ?? NULL_STATE;
            writer.uint(id);
            writer.uint(entry.clock);
            writer.uint(state.length);
            writer.bytes(state);
        }
        return writer.finish();
    }
}

/** Clients parse every state they get, so one that is no JSON would break all of them. */
function isJson(state: Buffer): boolean {
    if (!isUtf8(state)) {
        return false;
    }
    try {
        JSON.parse(state.toString('utf8'));
        return true;
    } catch {
        return false;
    }
}
