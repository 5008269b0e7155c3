import { appendFile, chown, cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Volume } from './volume.ts';

/** What the machine gives every new user. */
const SKELETON = '/etc/skel';
/** Login shells set their path anew; the Node that the platform brings stays reachable, after the machine's own. */
const PROFILE = `
# Added by Tandem: the Node that comes with it, when there is no other.
case ":$PATH:" in
    *":$TANDEM_NODE_FOLDER:"*) ;;
    *) [ -z "$TANDEM_NODE_FOLDER" ] || PATH="$PATH:$TANDEM_NODE_FOLDER" ;;
esac
`;

/** Fills a home that nobody has used yet, as `useradd` would, and makes the empty project. */
export async function fillHome(volume: Volume, osUid: number | undefined): Promise<void> {
    const names = await readdir(SKELETON).catch(() => []);
    for (const name of names) {
        await cp(join(SKELETON, name), join(volume.home, name), { recursive: true });
    }
    await appendFile(join(volume.home, '.profile'), PROFILE);
    await mkdir(volume.project, { recursive: true, mode: 0o755 });
    if (osUid !== undefined) {
        for (const name of await readdir(volume.home, { recursive: true })) {
            await chown(join(volume.home, name), osUid, osUid);
        }
    }
}
