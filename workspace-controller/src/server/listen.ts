import type { Server } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { AppError } from '@tandem/server-kit';

/**
 * Opens a server on one address.
 *
 * @param port 0 takes a free one
 * @returns the port that was taken
 * @throws AppError `unavailable` that names the port and says what to do
 */
export function listen(server: Server, host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
        const onError = (error: NodeJS.ErrnoException): void => {
            server.off('listening', onListening);
            reject(explain(error, host, port));
        };
        const onListening = (): void => {
            server.off('error', onError);
            resolve((server.address() as AddressInfo).port);
        };
        server.once('error', onError);
        server.once('listening', onListening);
        server.listen({ host, port, backlog: 1024, ipv6Only: host.includes(':') });
    });
}

/** Whether an address does not exist on this machine, as ::1 where IPv6 is off. */
export function isMissingAddress(error: unknown): boolean {
    const { code } = ((error as Error).cause ?? error) as NodeJS.ErrnoException;
    return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): Error {
    const options = { cause: error };
    switch (error.code) {
        case 'EADDRINUSE':
            return new AppError(
                'unavailable',
                `Port ${port} on ${host} is taken by another program. Stop it, or start Tandem on another port: --port ${port + 1 > 65535 ? 7400 : port + 1}.`,
                options,
            );
        case 'EACCES':
            return new AppError(
                'unavailable',
                `Port ${port} on ${host} may not be opened by this user. Take a port above 1023: --port 7400.`,
                options,
            );
        case 'EADDRNOTAVAIL':
        case 'EAFNOSUPPORT':
            return new AppError('unavailable', `This machine has no address ${host}. Give one that it has: --host 127.0.0.1.`, options);
        case 'ENOTFOUND':
            return new AppError(
                'unavailable',
                `The host "${host}" is not known. Give an address of this machine: --host 127.0.0.1.`,
                options,
            );
        default:
            return error;
    }
}

/** A port that is free on an address right now, for `--port 0`: the addresses of all origins are made from it before anything listens. */
export async function findFreePort(host: string): Promise<number> {
    const probe = createServer();
    const port = await new Promise<number>((resolve, reject) => {
        probe.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, 0)));
        probe.listen({ host, port: 0 }, () => resolve((probe.address() as AddressInfo).port));
    });
    await new Promise((resolve) => probe.close(resolve));
    return port;
}
