import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, type Logger } from '@tandem/server-kit';
import { firstClosedFolder, type Isolation } from './isolation.ts';
import { volumesId } from './volume.ts';

/** Below the data directory, or where workspaces' users can reach their homes when there is no mount namespace. */
export async function placeWorkspaces(
    options: { dataDir: string; workspacesDir?: string; logger: Logger },
    isolation: Isolation,
): Promise<string> {
    const wanted = resolve(options.workspacesDir ?? join(options.dataDir, 'workspaces'));
    await mkdir(wanted, { recursive: true, mode: 0o711 });
    const closed = isolation === 'user' ? await firstClosedFolder(join(wanted, 'x')) : undefined;
    if (closed === undefined) {
        return wanted;
    }
    const elsewhere = `/var/lib/tandem-workspaces-${volumesId(wanted)}`;
    await mkdir(elsewhere, { recursive: true, mode: 0o711 });
    const alsoClosed = await firstClosedFolder(join(elsewhere, 'x'));
    if (alsoClosed !== undefined) {
        throw new AppError(
            'unavailable',
            `Workspaces' users can reach neither ${wanted} (${closed} is closed to them) nor ${elsewhere} (${alsoClosed} is). Open one of them: chmod o+x.`,
        );
    }
    options.logger.warn({ wanted, closed, elsewhere }, 'workspaces are kept outside the data directory, which their users cannot reach');
    return elsewhere;
}
