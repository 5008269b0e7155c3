import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, statfsSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as Y from 'yjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { startService, waitFor } from './support.ts';

const mountPoint = mkdtempSync(join(tmpdir(), 'tandem-full-disk-'));

const mount = () => execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mountPoint], { stdio: 'pipe' });
const unmount = () => execFileSync('umount', [mountPoint]);

/** Why a file system of a few MiB cannot be mounted, if it cannot: only root may, and not in every container. */
function whyNotMounted(): string | undefined {
    try {
        mount();
        unmount();
        return undefined;
    } catch (error) {
        return `a small file system cannot be mounted here: ${(error as Error).message.trim().split('\n').at(-1)}`;
    }
}

const missing = whyNotMounted();

describe.skipIf(missing !== undefined)(`a disk that is full${missing === undefined ? '' : ` (${missing})`}`, () => {
    const filler = join(mountPoint, 'filler');
    const free = () => {
        const { bavail, bsize } = statfsSync(mountPoint);
        return bavail * bsize;
    };

    beforeAll(() => void mount());
    afterAll(() => {
        unmount();
        rmSync(mountPoint, { recursive: true });
    });

    it('[D13] takes and broadcasts edits without acknowledging them, says that it is not ready, and stores all of them when there is space', async () => {
        const directory = join(mountPoint, 'data');
        const running = await startService({ directory, limits: { commitRetryMs: 50 } });
        const sockets = [0, 1].map(() => new CollabSocket({ url: `${running.url}/hocuspocus` }));
        const [a, b] = sockets.map((socket) => socket.open('full')) as [ReturnType<CollabSocket['open']>, ReturnType<CollabSocket['open']>];
        await Promise.all([a.whenSynced(), b.whenSynced()]);
        a.doc.getText('t').insert(0, 'stored ');
        await a.whenDurable();
        // Somebody else fills the disk to its last page.
        for (let size = free(); size >= 4096; size = free()) {
            writeFileSync(filler, Buffer.alloc(Math.min(size, 1024 * 1024)), { flag: 'a' });
        }
        const text = a.doc.getText('t');
        for (let index = 0; index < 40; index++) {
            text.insert(text.length, 'x'.repeat(2_000));
        }
        await waitFor('the failure', async () => (await fetch(`${running.http}/readyz`)).status === 503);
        await waitFor('b has it all the same', () => b.doc.getText('t').length === text.length);
        expect(a.durable).toBe(false);
        expect((await fetch(`${running.http}/healthz`)).status).toBe(200);
        rmSync(filler);
        await a.whenDurable();
        expect((await fetch(`${running.http}/readyz`)).status).toBe(200);
        sockets.forEach((socket) => socket.close());
        await running.close();
        expect(readdirSync(directory)).toContain('collab.sqlite');

        const again = await startService({ directory });
        const doc = new Y.Doc();
        Y.applyUpdate(doc, await again.service.documents.read('full'));
        expect(doc.getText('t').toString()).toBe(text.toString());
        await again.close();
    });
});
