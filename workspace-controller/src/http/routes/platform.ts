import type { Handlers } from '../api-context.ts';
import { streamEvents } from '../event-stream.ts';
import { streamRevocations } from '../revocation-stream.ts';

export const platformHandlers: Handlers<'getVersion' | 'streamEvents' | 'streamRevocations' | 'createBackup'> = {
    getVersion: async ({ deps }) => ({ version: deps.version }),
    streamEvents: (context) => streamEvents(context),
    streamRevocations: (context) => streamRevocations(context),
    createBackup: async ({ deps, query, reply, audit }) => {
        const homes = query.homes ?? true;
        audit.detail['homes'] = String(homes);
        const day = new Date(deps.clock.now()).toISOString().slice(0, 10);
        void reply.header('content-disposition', `attachment; filename="tandem-backup-${day}.tar.gz"`);
        return deps.backup({ homes });
    },
};
