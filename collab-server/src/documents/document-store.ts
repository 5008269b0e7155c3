import { CLOSE_CODES, MAX_ROOM_NAME_BYTES, type CloseCode } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { Room } from '../room/room.ts';
import type { CollabService } from '../service.ts';
import { InvalidUpdate } from '../update/update-reader.ts';
import { UpdateState } from '../update/update-state.ts';
import type { RoomSummary, VersionSummary } from '../log/update-log.ts';
import { DocumentThread } from './document-thread.ts';

/** How often a rewrite is tried while other replicas write to the same document. */
const REWRITE_ATTEMPTS = 20;

/** Everything that can be done with documents besides editing them together. */
export class DocumentStore {
    private readonly service: CollabService;
    private readonly thread = new DocumentThread();

    constructor(service: CollabService) {
        this.service = service;
    }

    list(options: { prefix?: string; after?: string; limit: number }): Promise<RoomSummary[]> {
        return this.service.log.list(options);
    }

    /** The document as one update. @throws AppError `not-found` */
    async read(name: string): Promise<Uint8Array> {
        const room = await this.service.rooms.acquire(checkName(name));
        if (room.state.isEmpty) {
            throw new AppError('not-found', `There is no document ${name}.`);
        }
        return room.state.encode();
    }

    async readJson(name: string): Promise<Record<string, unknown>> {
        return this.thread.run('toJson', await this.read(name));
    }

    /** @throws AppError `not-found` when there is no such text in it */
    async readText(name: string, root: string | undefined): Promise<string> {
        const text = await this.thread.run('toText', await this.read(name), root);
        if (text === undefined) {
            throw new AppError('not-found', `There is no text ${root ?? ''} in ${name}. Name one of its roots with ?root=.`);
        }
        return text;
    }

    /** Applies an update and resolves when it is durable. @throws AppError `invalid-request`, `payload-too-large` */
    async apply(name: string, update: Uint8Array): Promise<void> {
        const room = await this.service.rooms.acquire(checkName(name));
        try {
            if (room.receiveUpdate(update, undefined) === 'refused') {
                throw new AppError('payload-too-large', `The document ${name} is at its size limit.`);
            }
        } catch (error) {
            if (error instanceof InvalidUpdate) {
                throw new AppError('invalid-request', `The body is no Yjs update (V1): ${error.message}.`, { cause: error });
            }
            throw error;
        }
        await this.durable(name);
    }

    /** @throws AppError `not-found`, `already-exists` */
    async copy(name: string, to: string): Promise<void> {
        const update = await this.read(name);
        const target = await this.service.rooms.acquire(checkName(to));
        if (!target.state.isEmpty) {
            throw new AppError('already-exists', `There is a document ${to} already.`);
        }
        target.receiveUpdate(update, undefined);
        await this.durable(to);
    }

    /** Removes a document with its history; its members are told to forget it. Returns whether there was one. */
    remove(name: string): Promise<boolean> {
        const { rooms, log } = this.service;
        return rooms.exclusively(
            checkName(name),
            (room) => this.reset(room, 'the document was deleted'),
            () => log.remove(name),
        );
    }

    /** Removes every document whose name begins with `prefix`. Returns how many. */
    async removeAll(prefix: string): Promise<number> {
        const names = new Set<string>();
        for (const room of this.service.rooms.open()) {
            if (room.name.startsWith(prefix)) {
                names.add(room.name);
            }
        }
        for (let after = ''; ;) {
            const page = await this.list({ prefix, after, limit: 500 });
            page.forEach(({ room }) => names.add(room));
            if (page.length < 500) {
                break;
            }
            after = page.at(-1)?.room ?? '';
        }
        let removed = 0;
        for (const name of names) {
            removed += Number(await this.remove(name));
        }
        return removed;
    }

    /** Rewrites a document without anything that was ever deleted from it: log, history and versions. */
    async purge(name: string): Promise<void> {
        const { rooms, log } = this.service;
        await rooms.exclusively(
            checkName(name),
            (room) => this.reset(room, 'the document was rewritten', CLOSE_CODES.serviceRestart),
            async () => {
                for (let attempt = 0; attempt < REWRITE_ATTEMPTS; attempt++) {
                    const stored = await log.load(name);
                    if (stored.length === 0) {
                        throw new AppError('not-found', `There is no document ${name}.`);
                    }
                    if (await log.rewrite(name, await this.thread.run('forget', UpdateState.from(stored).encode()))) {
                        return;
                    }
                }
                throw new AppError('conflict', `Other replicas keep writing to ${name}. Try again when fewer people type in it.`);
            },
        );
        this.service.logger.warn({ audit: 'purge', room: name }, 'a document was rewritten without its history');
    }

    listVersions(name: string): Promise<VersionSummary[]> {
        return this.service.log.listVersions(checkName(name));
    }

    async saveVersion(name: string, version: { name: string; author: string }): Promise<VersionSummary> {
        const snapshot = await this.read(name);
        await this.durable(name);
        return this.service.log.saveVersion(name, { ...version, snapshot });
    }

    /** @throws AppError `not-found` */
    async readVersion(name: string, id: number): Promise<Uint8Array> {
        const snapshot = await this.service.log.loadVersion(checkName(name), id);
        if (!snapshot) {
            throw new AppError('not-found', `There is no version ${id} of ${name}.`);
        }
        return snapshot;
    }

    /** Values of both sides, for a client to show as a difference. Absent id: the document as it is. */
    async compare(name: string, from: number, to: number | undefined): Promise<{ from: unknown; to: unknown }> {
        const [before, after] = await Promise.all([
            this.readVersion(name, from),
            to === undefined ? this.read(name) : this.readVersion(name, to),
        ]);
        return { from: await this.thread.run('toJson', before), to: await this.thread.run('toJson', after) };
    }

    versionAsJson(update: Uint8Array): Promise<Record<string, unknown>> {
        return this.thread.run('toJson', update);
    }

    /** Brings the document back to a version by new edits that all clients merge. */
    async restore(name: string, id: number): Promise<void> {
        const target = await this.readVersion(name, id);
        const update = await this.thread.run('restore', await this.read(name), target);
        await this.apply(name, update);
    }

    close(): Promise<void> {
        return this.thread.close();
    }

    private durable(name: string): Promise<void> {
        return new Promise((resolve) => this.service.commits.barrier(name, { committed: () => resolve() }));
    }

    /**
     * Everyone leaves: y-websocket clients are closed, others are told on their shared socket. After a deletion they must
     * not come back, because they would bring the document with them; after a rewrite they may.
     */
    reset(room: Room, reason: string, code: CloseCode = CLOSE_CODES.denied): void {
        for (const member of [...room.members]) {
            const session = this.service.sessionOf(member);
            if (session && 'closeDocument' in session) {
                (session as { closeDocument(member: unknown, reason: string): void }).closeDocument(member, reason);
            } else {
                member.connection.close(code, reason);
            }
        }
    }
}

function checkName(name: string): string {
    const bytes = Buffer.byteLength(name);
    if (bytes === 0 || bytes > MAX_ROOM_NAME_BYTES || name.includes('\0')) {
        throw new AppError('invalid-name', `A document's name has 1 to ${MAX_ROOM_NAME_BYTES} bytes and no NUL; this one has ${bytes}.`);
    }
    return name;
}
