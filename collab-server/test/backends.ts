import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { waitFor } from './wait-for.ts';

const postgresHome = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
          .map((version) => `/usr/lib/postgresql/${version}/bin`)
          .find((directory) => existsSync(join(directory, 'initdb')))
    : undefined;

/** After a kill PostgreSQL brings every file to the disk before it lets anybody in. */
const RECOVERY_MS = 60_000;

export async function freePort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
}

const reachable = (port: number) =>
    new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
            socket.destroy();
            resolve(true);
        });
        socket.on('error', () => resolve(false));
    });

/** Real PostgreSQL and Redis of this machine's packages, in a directory of their own. */
export class Backends {
    static readonly areAvailable = postgresHome !== undefined && existsSync('/usr/bin/redis-server') && process.getuid?.() === 0;

    readonly directory = mkdtempSync(join(tmpdir(), 'tandem-pg-'));
    postgresPort = 0;
    redisPort = 0;
    private postgres: ChildProcess | undefined;
    private redis: ChildProcess | undefined;

    async start(): Promise<void> {
        chmodSync(this.directory, 0o777);
        const data = join(this.directory, 'data');
        this.postgresPort = await freePort();
        this.redisPort = await freePort();
        execFileSync(
            'runuser',
            ['-u', 'postgres', '--', join(postgresHome as string, 'initdb'), '-D', data, '-A', 'trust', '-U', 'postgres'],
            { stdio: 'ignore' },
        );
        await this.startPostgres();
        await this.startRedis();
    }

    /** Starts PostgreSQL; after a kill it is tried again until the killed one's children are gone. */
    async startPostgres(): Promise<void> {
        const options = [
            '-D',
            join(this.directory, 'data'),
            '-p',
            String(this.postgresPort),
            '-h',
            '127.0.0.1',
            '-k',
            this.directory,
            '-c',
            'recovery_init_sync_method=syncfs',
        ];
        await waitFor(
            'PostgreSQL',
            async () => {
                if (!this.postgres || this.postgres.exitCode !== null || this.postgres.signalCode !== null) {
                    this.postgres = spawn('runuser', ['-u', 'postgres', '--', join(postgresHome as string, 'postgres'), ...options], {
                        stdio: 'ignore',
                    });
                }
                const client = new pg.Client({ connectionString: this.postgresUrl('postgres') });
                try {
                    await client.connect();
                    await client.end();
                    return true;
                } catch {
                    return false;
                }
            },
            RECOVERY_MS,
        );
    }

    async startRedis(): Promise<void> {
        this.redis = spawn(
            '/usr/bin/redis-server',
            ['--port', String(this.redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', this.directory],
            { stdio: 'ignore' },
        );
        await waitFor('Redis', () => reachable(this.redisPort));
    }

    /** Kill -9 of the server itself; the child is runuser, which ends with it. */
    async killPostgres(): Promise<void> {
        const gone = new Promise((resolve) => this.postgres?.once('exit', resolve));
        process.kill(Number(readFileSync(join(this.directory, 'data/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL');
        await gone;
    }

    killRedis(): Promise<void> {
        return kill(this.redis);
    }

    postgresUrl(database: string): string {
        return `postgres://postgres@127.0.0.1:${this.postgresPort}/${database}`;
    }

    get redisUrl(): string {
        return `redis://127.0.0.1:${this.redisPort}`;
    }

    async createDatabase(): Promise<string> {
        const name = `t${Math.random().toString(36).slice(2)}`;
        const client = new pg.Client({ connectionString: this.postgresUrl('postgres') });
        await client.connect();
        await client.query(`CREATE DATABASE ${name}`);
        await client.end();
        return this.postgresUrl(name);
    }

    async stop(): Promise<void> {
        await kill(this.redis);
        // The child is runuser; the server itself is told through its own tool.
        execFileSync(
            'runuser',
            ['-u', 'postgres', '--', join(postgresHome as string, 'pg_ctl'), '-D', join(this.directory, 'data'), '-m', 'immediate', 'stop'],
            {
                stdio: 'ignore',
            },
        );
        await kill(this.postgres);
        rmSync(this.directory, { recursive: true, force: true });
    }
}

export async function kill(child: ChildProcess | undefined): Promise<void> {
    if (child && child.exitCode === null && child.signalCode === null) {
        const gone = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await gone;
    }
}
