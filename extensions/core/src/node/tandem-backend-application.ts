import { BackendApplication } from '@theia/core/lib/node';
import { injectable } from '@theia/core/shared/inversify';
import { chmod, rm } from 'node:fs/promises';
import type * as http from 'node:http';
import type * as https from 'node:https';

/** Environment variable with the path of the Unix socket to listen on instead of host and port. */
export const SOCKET_VARIABLE = 'TANDEM_IDE_SOCKET';

/** Theia's backend, listening on a Unix socket when told so: on one machine no port of the IDE is open to other people. */
@injectable()
export class TandemBackendApplication extends BackendApplication {
    override async start(port?: number, hostname?: string): Promise<http.Server | https.Server> {
        const socketPath = process.env[SOCKET_VARIABLE];
        if (!socketPath) {
            return super.start(port, hostname);
        }
        await rm(socketPath, { force: true });
        // `server.listen` takes a path where it takes a port.
        const server = await super.start(socketPath as unknown as number);
        await chmod(socketPath, 0o600);
        return server;
    }
}
