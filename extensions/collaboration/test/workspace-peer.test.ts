import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import type { OpenedDocument, SavedMark } from '../src/common/shared-documents-protocol';
import { TEXT_NAME } from '../src/common/shared-text';
import { WorkspacePeer } from '../src/node/workspace-peer';
import type { PageLink } from '../src/node/peer-document';

let folder: string;
let peer: WorkspacePeer;

const pathOf = (name: string): string => path.join(folder, 'project', name);
const onDisk = (name: string): string => readFileSync(pathOf(name), 'utf8');

function start(lingerMs = 0): Promise<WorkspacePeer> {
    return WorkspacePeer.start({
        workspaceUid: 'uid',
        project: path.join(folder, 'project'),
        stateFolder: path.join(folder, 'state'),
        access: { request: () => Promise.reject(new Error('No controller here.')) },
        lingerMs,
    });
}

beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'tandem-peer-'));
    mkdirSync(path.join(folder, 'project'));
    peer = await start();
});

afterEach(async () => {
    await peer.dispose();
    rmSync(folder, { recursive: true });
});

/** A page of a person, over the direct connection. */
class Page implements PageLink {
    readonly doc = new Y.Doc();
    saved: SavedMark | undefined;
    room = '';
    private readonly peer: WorkspacePeer;

    constructor(to: WorkspacePeer) {
        this.peer = to;
        this.doc.on('update', (update: Uint8Array, origin: unknown) => {
            if (origin !== this) {
                this.peer.push(this, this.room, update);
            }
        });
    }

    async open(name: string): Promise<OpenedDocument> {
        const opened = await this.peer.open(this, pathToFileURL(pathOf(name)).href);
        if (!opened.shared) {
            throw new Error(`${name} is not shared: ${opened.reason}`);
        }
        this.room = opened.room;
        this.saved = opened.saved;
        Y.applyUpdate(this.doc, this.peer.join(this, opened.ticket), this);
        this.peer.sync(this, this.room, Y.encodeStateVector(this.doc));
        return opened;
    }

    get text(): Y.Text {
        return this.doc.getText(TEXT_NAME);
    }

    save(): ReturnType<WorkspacePeer['save']> {
        return this.peer.save(this, this.room, new Uint8Array([0, 0]), Y.encodeStateVector(this.doc));
    }

    onUpdate(_room: string, update: Uint8Array): void {
        Y.applyUpdate(this.doc, update, this);
    }

    onSaved(_room: string, saved: SavedMark): void {
        this.saved = saved;
    }
}

const opened = async (name: string): Promise<Page> => {
    const page = new Page(peer);
    await page.open(name);
    return page;
};

describe('the peer of a workspace', () => {
    it('seeds a document once, however many pages open it at the same moment', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const pages = await Promise.all([opened('a.txt'), opened('a.txt'), opened('a.txt')]);
        expect(new Set(pages.map(({ room }) => room)).size).toBe(1);
        expect(pages.map(({ text }) => text.toString())).toEqual(['one\n', 'one\n', 'one\n']);
    });

    it('carries edits between pages and writes what all have written', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const [first, second] = [await opened('a.txt'), await opened('a.txt')];
        first.text.insert(0, 'zero\n');
        second.text.insert(second.text.length, 'two\n');
        await first.save();
        expect(onDisk('a.txt')).toBe('zero\none\ntwo\n');
        expect(second.saved).toEqual(first.saved);
        expect(second.saved?.length).toBe(13);
    });

    it('keeps line endings, the byte order mark and permissions, and leaves a symbolic link one', async () => {
        writeFileSync(pathOf('real.txt'), '\ufeffone\r\ntwo\r\n');
        chmodSync(pathOf('real.txt'), 0o750);
        symlinkSync('real.txt', pathOf('link.txt'));
        const page = await opened('link.txt');
        expect(page.text.toString()).toBe('one\ntwo\n');
        page.text.insert(4, 'between 😀\n');
        await page.save();
        expect(onDisk('real.txt')).toBe('\ufeffone\r\nbetween 😀\r\ntwo\r\n');
        expect(statSync(pathOf('real.txt')).mode & 0o777).toBe(0o750);
        expect(onDisk('link.txt')).toBe(onDisk('real.txt'));
    });

    it('merges an outside change into unsaved text', async () => {
        writeFileSync(pathOf('a.txt'), 'one\ntwo\nthree\n');
        const page = await opened('a.txt');
        page.text.insert(3, ' typed');
        writeFileSync(pathOf('a.txt'), 'one\nthree\nfour\n');
        await vi.waitFor(() => expect(page.text.toString()).toBe('one typed\nthree\nfour\n'));
        expect(page.saved?.length).toBe('one\nthree\nfour\n'.length);
        await page.save();
        expect(onDisk('a.txt')).toBe('one typed\nthree\nfour\n');
    });

    it('merges an outside change that nobody told of before it saves', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        page.text.insert(0, 'typed ');
        writeFileSync(pathOf('a.txt'), 'one\ntwo\n');
        await page.save();
        expect(onDisk('a.txt')).toBe('typed one\ntwo\n');
    });

    it('has everything unsaved when the file is gone, and makes it again by saving', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        rmSync(pathOf('a.txt'));
        await vi.waitFor(() => expect(page.saved?.length).toBe(-1));
        await page.save();
        expect(onDisk('a.txt')).toBe('one\n');
    });

    it('goes on with unsaved text after a restart, and merges what happened to the file meanwhile', async () => {
        writeFileSync(pathOf('a.txt'), 'one\ntwo\n');
        const page = await opened('a.txt');
        page.text.insert(3, ' unsaved');
        await peer.dispose();
        writeFileSync(pathOf('a.txt'), 'one\ntwo\nthree\n');
        peer = await start();
        const later = new Page(peer);
        const found = await later.open('a.txt');
        expect(found.room).toBe(page.room);
        expect(later.text.toString()).toBe('one unsaved\ntwo\nthree\n');
        // The page of before comes back with all that it has: nothing is there twice.
        Y.applyUpdate(later.doc, Y.encodeStateAsUpdate(page.doc));
        expect(later.text.toString()).toBe('one unsaved\ntwo\nthree\n');
    });

    it('begins a new epoch when nobody has the file open and nothing is unsaved', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        const journals = (): string[] => readdirSync(path.join(folder, 'state')).filter((name) => name.endsWith('.journal'));
        await vi.waitFor(() => expect(journals()).toHaveLength(1));
        await peer.close(page, page.room, false);
        await vi.waitFor(() => expect(journals()).toEqual([]));
        const next = await opened('a.txt');
        expect(page.room).toMatch(/\.0$/);
        expect(next.room).toBe(page.room.replace(/0$/, '1'));
        expect(next.text.toString()).toBe('one\n');
    });

    it('keeps unsaved text when the file is closed, unless it is to be discarded', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        page.text.insert(0, 'kept ');
        await peer.close(page, page.room, false);
        const second = await opened('a.txt');
        expect(second.text.toString()).toBe('kept one\n');
        await peer.close(second, second.room, true);
        const third = await opened('a.txt');
        expect(third.text.toString()).toBe('one\n');
    });

    it('forgets a file that is gone and whose text nobody wants', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        page.text.insert(0, 'unsaved ');
        rmSync(pathOf('a.txt'));
        await vi.waitFor(() => expect(page.saved?.length).toBe(-1));
        await peer.close(page, page.room, true);
        await vi.waitFor(() => expect(readdirSync(path.join(folder, 'state')).filter((name) => name.endsWith('.journal'))).toEqual([]));
        writeFileSync(pathOf('a.txt'), 'new\n');
        expect((await opened('a.txt')).text.toString()).toBe('new\n');
    });

    it('writes nothing while it lacks some of what a page has', async () => {
        writeFileSync(pathOf('a.txt'), 'one\n');
        const page = await opened('a.txt');
        const elsewhere = new Y.Doc();
        Y.applyUpdate(elsewhere, Y.encodeStateAsUpdate(page.doc));
        elsewhere.getText(TEXT_NAME).insert(0, 'unheard ');
        const answer = await peer.save(page, page.room, new Uint8Array([0, 0]), Y.encodeStateVector(elsewhere));
        expect(answer).toHaveProperty('behind');
        expect(onDisk('a.txt')).toBe('one\n');
        const missing = Y.encodeStateAsUpdate(elsewhere, (answer as { behind: Uint8Array }).behind);
        await peer.save(page, page.room, missing, Y.encodeStateVector(elsewhere));
        expect(onDisk('a.txt')).toBe('unheard one\n');
    });

    it('does not share what is no text, too large, of old line endings, outside the project or inside .git', async () => {
        const reasonOf = async (name: string, bytes: Buffer | string): Promise<unknown> => {
            mkdirSync(path.dirname(pathOf(name)), { recursive: true });
            writeFileSync(pathOf(name), bytes);
            return peer.open(new Page(peer), pathToFileURL(pathOf(name)).href);
        };
        expect(await reasonOf('zero.bin', Buffer.from([1, 0, 2]))).toEqual({ shared: false, reason: 'binary' });
        expect(await reasonOf('latin.txt', Buffer.from('é', 'latin1'))).toEqual({ shared: false, reason: 'binary' });
        expect(await reasonOf('mac.txt', 'one\rtwo\r')).toEqual({ shared: false, reason: 'line-endings' });
        expect(await reasonOf('big.txt', Buffer.alloc(9 * 1024 * 1024, 'a'))).toEqual({ shared: false, reason: 'too-large' });
        expect(await reasonOf('.git/config', 'x')).toEqual({ shared: false, reason: 'outside' });
        expect(await reasonOf('../outside.txt', 'x')).toEqual({ shared: false, reason: 'outside' });
    });
});
