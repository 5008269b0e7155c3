import type { Limits } from '../limits.ts';
import type { CommitBeat } from '../log/commit-beat.ts';
import type { UpdateLog } from '../log/update-log.ts';
import { scanUpdate, type ScannedUpdate } from '../update/scan-update.ts';
import { asBuffer } from '../update/byte-writer.ts';
import { UpdateState, decodeStateVector, encodeStateVector, joinUpdates } from '../update/update-state.ts';
import { MESSAGE, SYNC, valueFrame, valueFrameStart } from '../wire/messages.ts';
import { Gap } from './gap.ts';
import type { Member } from './member.ts';
import { Presence } from './presence.ts';

/** Payloads over this are sent as one shared buffer behind each member's own start. */
const SHARED_PAYLOAD_BYTES = 16 * 1024;

export interface RoomHost {
    readonly limits: Limits;
    readonly log: UpdateLog;
    readonly commits: CommitBeat;
    readonly now: () => number;
    /** Asks for `flush` on the next beat. */
    scheduleFlush(room: Room): void;
    /** Asks for `flushPresence`; at once when somebody left. */
    schedulePresence(room: Room, atOnce: boolean): void;
    /** A room was loaded. */
    onOpen(room: Room): void;
    onLeave(room: Room, member: Member): void;
    onChange(room: Room, update: Uint8Array): void;
    /** Presence is about to go out. */
    onPresence(room: Room): void;
    readonly counters: { updates: number; refused: number; frames: number; flushes: number; presenceFrames: number };
}

/** What became of an update. */
export type UpdateOutcome = 'taken' | 'known' | 'refused';

/** One open document: its bytes, its members and what is about to be sent to them. No Yjs document is ever built. */
export class Room {
    readonly name: string;
    readonly members = new Set<Member>();
    readonly presence: Presence;
    private readonly host: RoomHost;
    readonly state: UpdateState;
    private batch: ScannedUpdate[] = [];
    /** Who made the whole batch; `null` when several did. */
    private batchAuthor: Member | undefined | null;
    private answers = new Map<string, Buffer>();
    private tailBytes: number;
    private tailEntries: number;
    private snapshotBytes: number;
    private compaction: Promise<void> | undefined;
    lastUsedAt: number;
    lastPresenceAt = 0;
    readonly editGap = new Gap();
    changedSinceStore = false;
    /** Updates taken since it was opened. */
    updates = 0;

    constructor(host: RoomHost, name: string, stored: readonly Uint8Array[]) {
        this.host = host;
        this.name = name;
        this.presence = new Presence(host.limits);
        this.state = UpdateState.from(stored);
        this.snapshotBytes = stored[0]?.length ?? 0;
        this.tailEntries = stored.length;
        this.tailBytes = stored.reduce((sum, update) => sum + update.length, 0) - this.snapshotBytes;
        this.lastUsedAt = host.now();
    }

    /** Nothing is left to send or to store, and nobody is here. */
    get mayUnload(): boolean {
        return this.members.size === 0 && this.batch.length === 0 && !this.compaction && !this.host.commits.isPending(this.name);
    }

    /** Whether something is about to be sent to the members. */
    get hasGathered(): boolean {
        return this.batch.length > 0;
    }

    join(member: Member): void {
        this.members.add(member);
        member.room = this;
        this.lastUsedAt = this.host.now();
    }

    leave(member: Member): void {
        if (!this.members.delete(member)) {
            return;
        }
        member.room = undefined;
        member.sendAcknowledgements();
        this.lastUsedAt = this.host.now();
        if (this.presence.leave(member, this.host.now())) {
            this.host.schedulePresence(this, true);
        }
        this.host.onLeave(this, member);
    }

    /**
     * Answers SyncStep1: what the client lacks, and then our own SyncStep1. Simultaneous joiners share one computation.
     *
     * @throws InvalidUpdate
     */
    answerSync(member: Member, vectorBytes: Uint8Array): void {
        const key = vectorBytes.length <= 64 ? Buffer.from(vectorBytes).toString('latin1') : undefined;
        let answer = key === undefined ? undefined : this.answers.get(key);
        if (!answer) {
            answer = this.state.encode(decodeStateVector(vectorBytes));
            if (key !== undefined && this.answers.size < 32) {
                this.answers.set(key, answer);
            }
        }
        this.sendSync(member, SYNC.step2, answer);
        member.connection.send(valueFrame(member.address, [MESSAGE.sync, SYNC.step1], encodeStateVector(this.state.stateVector())));
    }

    /**
     * Takes an update from a member, or from the server itself.
     *
     * @throws InvalidUpdate
     */
    receiveUpdate(bytes: Uint8Array, member: Member | undefined): UpdateOutcome {
        const update = scanUpdate(bytes);
        const { host } = this;
        if (update.runs.length === 0 && !update.hasDeletes) {
            return 'known';
        }
        if (this.state.byteLength + bytes.length > host.limits.maxDocumentBytes) {
            host.counters.refused++;
            return 'refused';
        }
        if (!this.state.append(update)) {
            return 'known';
        }
        host.counters.updates++;
        this.updates++;
        this.answers.clear();
        this.changedSinceStore = true;
        host.commits.add(this.name, bytes, member);
        this.tailBytes += bytes.length;
        this.tailEntries++;
        this.gather(update, member);
        host.onChange(this, bytes);
        return 'taken';
    }

    /** Takes an update that another replica has stored already. @throws InvalidUpdate */
    receiveStored(bytes: Uint8Array): void {
        const update = scanUpdate(bytes);
        if (this.state.append(update)) {
            this.answers.clear();
            this.tailBytes += bytes.length;
            this.tailEntries++;
            this.gather(update, undefined);
        }
    }

    private gather(update: ScannedUpdate, member: Member | undefined): void {
        this.editGap.note(performance.now());
        if (this.batch.length === 0) {
            this.batchAuthor = member;
            this.host.scheduleFlush(this);
        } else if (this.batchAuthor !== member) {
            this.batchAuthor = null;
        }
        this.batch.push(update);
    }

    /** Whether `bytes` brings nothing that is not here yet; the document is left as it is. */
    isKnown(bytes: Uint8Array): boolean {
        const update = scanUpdate(bytes);
        if (update.runs.length === 0 && !update.hasDeletes) {
            return true;
        }
        return this.state.contains(update);
    }

    /** Sends what gathered to everyone, joined into one update; its only author has it already. */
    flush(): void {
        const { batch } = this;
        if (batch.length === 0) {
            return;
        }
        this.batch = [];
        const author = this.batchAuthor;
        this.batchAuthor = undefined;
        this.host.counters.flushes++;
        this.broadcast(batch, author);
        this.compactIfLong();
    }

    private broadcast(batch: readonly ScannedUpdate[], author: Member | undefined | null): void {
        let joined: Buffer | undefined;
        let lastKey: string | undefined;
        let frame: Buffer | undefined;
        const frames = new Map<string, Buffer>();
        for (const member of this.members) {
            if (member !== author && !member.staleSince && member.connection.bufferedBytes > this.host.limits.middleBufferBytes) {
                member.staleSince = this.vectorBefore(batch);
            }
            if (member === author || member.staleSince) {
                member.sendAcknowledgements();
                continue;
            }
            this.host.counters.frames++;
            joined ??= asBuffer(joinUpdates(batch));
            if (joined.length >= SHARED_PAYLOAD_BYTES) {
                member.sendAcknowledgements();
                this.sendSync(member, SYNC.update, joined);
                continue;
            }
            const { address } = member;
            if (address.key !== lastKey) {
                lastKey = address.key;
                frame = frames.get(lastKey);
                if (!frame) {
                    frame = valueFrame(address, [MESSAGE.sync, SYNC.update], joined);
                    frames.set(lastKey, frame);
                }
            }
            member.sendWithAcknowledgements(frame as Buffer);
        }
    }

    /** A state vector from before the batch, which the state contains already. */
    private vectorBefore(batch: readonly ScannedUpdate[]): Map<number, number> {
        const vector = this.state.stateVector();
        for (const update of batch) {
            for (const run of update.runs) {
                const clock = vector.get(run.client);
                if (clock !== undefined && clock > run.startClock) {
                    vector.set(run.client, run.startClock);
                }
            }
        }
        return vector;
    }

    /** Presence out to everyone who has room for it. */
    flushPresence(): void {
        this.lastPresenceAt = this.host.now();
        if (!this.presence.isDirty) {
            return;
        }
        this.host.onPresence(this);
        const changes = this.presence.takeChanges(this.host.now());
        const frames = new Map<string, Buffer>();
        for (const member of this.members) {
            if (member.connection.bufferedBytes > this.host.limits.softBufferBytes) {
                member.presenceSkipped = true;
                continue;
            }
            const { address } = member;
            let frame = frames.get(address.key);
            if (!frame) {
                frame = valueFrame(address, [MESSAGE.awareness], changes);
                frames.set(address.key, frame);
            }
            member.connection.send(frame);
            this.host.counters.presenceFrames++;
        }
    }

    sendPresence(member: Member): void {
        if (!this.presence.isEmpty) {
            member.connection.send(valueFrame(member.address, [MESSAGE.awareness], this.presence.snapshot()));
        }
    }

    /** A member's socket has taken everything: what it missed follows. */
    catchUp(member: Member): void {
        const { staleSince } = member;
        if (staleSince) {
            member.staleSince = undefined;
            this.sendSync(member, SYNC.update, this.state.encode(staleSince));
        }
        if (member.presenceSkipped) {
            member.presenceSkipped = false;
            this.sendPresence(member);
        }
    }

    /** Drops what can be computed again. */
    dropCaches(): void {
        this.answers.clear();
        this.state.dropCaches();
    }

    private sendSync(member: Member, subtype: number, update: Buffer): void {
        const type = [MESSAGE.sync, subtype];
        if (update.length < SHARED_PAYLOAD_BYTES) {
            member.connection.send(valueFrame(member.address, type, update));
        } else {
            member.connection.sendParts(valueFrameStart(member.address, type, update.length), update);
        }
    }

    private compactIfLong(): void {
        const { limits } = this.host;
        // A few large entries load as fast as one snapshot.
        const long =
            this.tailEntries >= limits.compactAfterEntries / 50 && this.tailBytes > Math.max(limits.compactAfterBytes, this.snapshotBytes);
        const many = this.tailEntries > limits.compactAfterEntries && this.tailBytes > this.snapshotBytes / 8;
        if (long || many) {
            void this.compact();
        }
    }

    /** Resolves when no compaction is on its way. */
    async settled(): Promise<void> {
        await this.compaction;
    }

    /** Folds the log into one snapshot. What is appended meanwhile stays behind it. */
    compact(): Promise<void> {
        this.compaction ??= this.runCompaction().finally(() => (this.compaction = undefined));
        return this.compaction;
    }

    private async runCompaction(): Promise<void> {
        const { tailBytes, tailEntries } = this;
        try {
            const snapshot = this.state.encode();
            await this.host.log.compact(this.name, snapshot);
            this.snapshotBytes = snapshot.length;
            this.tailBytes -= tailBytes;
            this.tailEntries -= tailEntries;
        } catch {
            // The tail is still there. It is tried again when as much again was written.
            this.tailEntries = 0;
            this.snapshotBytes = Math.max(this.snapshotBytes, this.tailBytes * 2);
        }
    }
}
