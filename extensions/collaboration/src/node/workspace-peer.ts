import { randomUUID } from 'node:crypto';
import { mkdir, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rooms } from '@tandem/protocol';
import type { CollabAccess } from '@tandem/core-extension/lib/node/agent/collab-tokens';
import type { OpenedDocument, SaveOutcome, UnsharedFile } from '../common/shared-documents-protocol';
import { CollabLink } from './collab-link';
import { DocumentIndex } from './document-index';
import { DocumentJournal } from './document-journal';
import { FileWatches } from './file-watches';
import { PeerDocument, type PageLink } from './peer-document';
import { readTextFile } from './text-file';

export interface WorkspacePeerOptions {
    readonly workspaceUid: string;
    /** Folder whose files are shared. */
    readonly project: string;
    /** The peer's own files, on the same volume. */
    readonly stateFolder: string;
    readonly access: CollabAccess;
    /** How long a document that nobody has open is kept, for a page that loads again. */
    readonly lingerMs?: number;
}

const LINGER_MS = 15_000;

/** The headless peer of a workspace: it alone seeds documents and reads and writes their files. */
export class WorkspacePeer {
    private readonly options: WorkspacePeerOptions;
    private readonly index: DocumentIndex;
    private readonly staging: string;
    private readonly root: string;
    private readonly link: CollabLink;
    private readonly watches = new FileWatches();
    /** By room. */
    private readonly documents = new Map<string, PeerDocument>();
    /** By path: opening is one at a time, so that nothing is seeded twice. */
    private readonly opening = new Map<string, Promise<PeerDocument | UnsharedFile>>();
    private readonly byPath = new Map<string, PeerDocument>();
    private readonly tickets = new Map<string, { page: PageLink; document: PeerDocument; state: Uint8Array }>();
    /** By path: documents that are being put away. */
    private readonly ending = new Map<string, Promise<void>>();
    private readonly lingering = new Map<PeerDocument, NodeJS.Timeout>();

    private constructor(options: WorkspacePeerOptions, index: DocumentIndex, root: string) {
        this.options = options;
        this.index = index;
        this.root = root;
        this.staging = path.join(options.stateFolder, 'unfinished');
        this.link = new CollabLink(options.access);
    }

    static async start(options: WorkspacePeerOptions): Promise<WorkspacePeer> {
        const staging = path.join(options.stateFolder, 'unfinished');
        await rm(staging, { recursive: true, force: true });
        await mkdir(staging, { recursive: true, mode: 0o700 });
        const [index, root] = await Promise.all([
            DocumentIndex.load(path.join(options.stateFolder, 'index.json')),
            realpath(options.project).catch(() => options.project),
        ]);
        return new WorkspacePeer(options, index, root);
    }

    async open(page: PageLink, uri: string): Promise<OpenedDocument | UnsharedFile> {
        const file = await this.locate(uri);
        if (file === undefined) {
            return { shared: false, reason: 'outside' };
        }
        const document = await this.documentOf(file);
        if (!(document instanceof PeerDocument)) {
            return document;
        }
        const lingers = this.lingering.get(document);
        clearTimeout(lingers);
        this.lingering.delete(document);
        const { opened, state } = document.open(page);
        const ticket = randomUUID();
        this.tickets.set(ticket, { page, document, state });
        return { ...opened, ticket };
    }

    join(page: PageLink, ticket: string): Uint8Array {
        const found = this.tickets.get(ticket);
        if (found?.page !== page || this.documents.get(found.document.room) !== found.document) {
            throw new Error('The document was closed meanwhile. Open the file again.');
        }
        this.tickets.delete(ticket);
        return found.state;
    }

    sync(page: PageLink, room: string, stateVector: Uint8Array): Uint8Array {
        return this.get(room).follow(page, stateVector);
    }

    rest(page: PageLink, room: string): void {
        this.documents.get(room)?.rest(page);
    }

    push(page: PageLink, room: string, update: Uint8Array): void {
        this.get(room).push(page, update);
    }

    save(page: PageLink, room: string, update: Uint8Array, stateVector: Uint8Array): Promise<SaveOutcome | { behind: Uint8Array }> {
        return this.get(room).save(page, update, stateVector);
    }

    readSaved(room: string): string {
        return this.get(room).savedText();
    }

    async close(page: PageLink, room: string, discard: boolean): Promise<void> {
        const document = this.documents.get(room);
        if (document === undefined) {
            return;
        }
        for (const [ticket, { page: holder, document: held }] of this.tickets) {
            if (holder === page && held === document) {
                this.tickets.delete(ticket);
            }
        }
        if (document.leave(page) > 0) {
            return;
        }
        if (discard) {
            await document.discard();
        }
        this.linger(document);
    }

    /** A page is gone. */
    leave(page: PageLink): void {
        for (const document of this.documents.values()) {
            void this.close(page, document.room, false);
        }
    }

    /** Keeps what is unsaved and ends. */
    async dispose(): Promise<void> {
        this.lingering.forEach((timer) => clearTimeout(timer));
        this.watches.dispose();
        this.link.dispose();
        await Promise.all([...this.documents.values()].map((document) => document.dispose()));
        await this.index.whenWritten();
    }

    private get(room: string): PeerDocument {
        const document = this.documents.get(room);
        if (document === undefined) {
            throw new Error('This file is no longer open in the workspace. Close it and open it again.');
        }
        return document;
    }

    /** The real path of a file of the project; nothing for others. */
    private async locate(uri: string): Promise<string | undefined> {
        let file: string;
        try {
            file = fileURLToPath(uri);
        } catch {
            return undefined;
        }
        const real = await realpath(file).catch(() => undefined);
        if (real === undefined) {
            return undefined;
        }
        const relative = path.relative(this.root, real);
        const outside = relative === '' || relative.startsWith('..') || path.isAbsolute(relative);
        return outside || relative.split(path.sep)[0] === '.git' ? undefined : real;
    }

    private documentOf(file: string): Promise<PeerDocument | UnsharedFile> {
        const running = this.opening.get(file);
        if (running) {
            return running;
        }
        const opening = this.load(file).finally(() => this.opening.delete(file));
        this.opening.set(file, opening);
        return opening;
    }

    private async load(file: string): Promise<PeerDocument | UnsharedFile> {
        const known = this.byPath.get(file);
        if (known) {
            await known.mergeDisk();
            return known;
        }
        await this.ending.get(file);
        const content = await readTextFile(file);
        if ('reason' in content) {
            return { shared: false, reason: content.reason };
        }
        const key = path.relative(this.root, file);
        const entry = this.index.get(key);
        const kept = entry && (await DocumentJournal.read(this.journalPath(entry.id, entry.epoch)));
        const goesOn = entry !== undefined && kept !== undefined && kept.some(({ kind }) => kind === 'saved');
        const { id, epoch } = goesOn ? entry : this.index.next(key);
        const room = rooms.file(this.options.workspaceUid, id, epoch);
        const document = new PeerDocument({ room, file, journalPath: this.journalPath(id, epoch), staging: this.staging });
        if (goesOn) {
            document.restore(kept, content);
            await document.mergeDisk();
        } else {
            document.seed(content);
        }
        this.documents.set(room, document);
        this.byPath.set(file, document);
        this.watches.watch(file, () => void document.mergeDisk());
        this.link.attach(document);
        return document;
    }

    private linger(document: PeerDocument): void {
        clearTimeout(this.lingering.get(document));
        const timer = setTimeout(() => void this.unload(document), this.options.lingerMs ?? LINGER_MS);
        this.lingering.set(document, timer);
        timer.unref();
    }

    private async unload(document: PeerDocument): Promise<void> {
        this.lingering.delete(document);
        if (document.openPages > 0 || this.opening.has(document.path)) {
            return;
        }
        this.documents.delete(document.room);
        this.byPath.delete(document.path);
        this.watches.unwatch(document.path);
        this.link.detach(document);
        // Who opens it again meanwhile waits, so that two do not hold one journal.
        const ended = document.dispose().finally(() => this.ending.delete(document.path));
        this.ending.set(document.path, ended);
        await ended;
    }

    private journalPath(id: string, epoch: number): string {
        return path.join(this.options.stateFolder, `${id}.${epoch}.journal`);
    }
}
