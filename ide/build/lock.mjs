import { readFile, rm, writeFile } from 'node:fs/promises';

const LOOK_AGAIN_MS = 300;

function isAlive(pid) {
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return error.code === 'EPERM';
    }
}

/** Runs `work` while no other process does: two builds of one clone would mix their files. */
export async function withLock(file, log, work) {
    for (let said = false; ;) {
        const mine = await writeFile(file, String(process.pid), { flag: 'wx' }).then(
            () => true,
            () => false,
        );
        if (mine) {
            break;
        }
        const holder = Number(await readFile(file, 'utf8').catch(() => '0'));
        if (!holder || !isAlive(holder)) {
            await rm(file, { force: true });
        } else {
            if (!said) {
                log(`waiting for another build (process ${holder})`);
                said = true;
            }
            await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
        }
    }
    try {
        return await work();
    } finally {
        await rm(file, { force: true });
    }
}
