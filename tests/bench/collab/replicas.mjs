import { Backends } from '../../../collab-server/test/backends.ts';
import { startServer } from './servers.mjs';

/** Why two replicas cannot be measured here, if they cannot. */
export function replicasMissing() {
    return Backends.areAvailable ? undefined : "it needs root and Debian's packages postgresql and redis-server";
}

/** Runs `measure(ports, pids)` with two replicas on one PostgreSQL and one Redis of their own, and ends them all. */
export async function withReplicas(measure) {
    const backends = new Backends();
    await backends.start();
    try {
        const args = ['--postgres', await backends.createDatabase(), '--redis', backends.redisUrl];
        const servers = [await startServer('ours', { args, core: undefined }), await startServer('ours', { args, core: undefined })];
        try {
            return await measure(servers);
        } finally {
            await Promise.all(servers.map((server) => server.stop()));
        }
    } finally {
        await backends.stop();
    }
}
