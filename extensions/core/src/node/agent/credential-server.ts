import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import type { ControllerMessage, WorkspaceMessage } from '@tandem/protocol';

type CredentialAnswer = Omit<Extract<ControllerMessage, { type: 'credential' }>, 'type' | 'id'>;

const ANSWER_TIMEOUT_MS = 60_000;
const MAX_REQUEST_CHARACTERS = 8192;

/** Carries git's questions for credentials to the controller. Answers pass through and are kept nowhere. */
export class CredentialServer {
    private readonly socketPath: string;
    private readonly send: (message: WorkspaceMessage) => boolean;
    private readonly waiting = new Map<string, (answer: CredentialAnswer) => void>();
    private server: Server | undefined;

    /** @param send over the control socket; false when no controller is there */
    constructor(socketPath: string, send: (message: WorkspaceMessage) => boolean) {
        this.socketPath = socketPath;
        this.send = send;
    }

    async listen(): Promise<void> {
        await mkdir(path.dirname(this.socketPath), { recursive: true, mode: 0o700 });
        await rm(this.socketPath, { force: true });
        this.server = createServer({ allowHalfOpen: true }, (socket) => this.serve(socket));
        await new Promise<void>((resolve, reject) => {
            this.server!.once('error', reject);
            this.server!.listen(this.socketPath, resolve);
        });
        await chmod(this.socketPath, 0o600);
        this.server.unref();
    }

    /** The controller's answer. */
    answer({ id, ...answer }: Extract<ControllerMessage, { type: 'credential' }>): void {
        this.waiting.get(id)?.(answer);
    }

    async dispose(): Promise<void> {
        for (const answer of this.waiting.values()) {
            answer({ refused: 'The workspace is stopping.' });
        }
        const { server } = this;
        if (server !== undefined) {
            await new Promise((resolve) => server.close(resolve));
        }
    }

    private serve(socket: Socket): void {
        let input = '';
        socket.setEncoding('utf8');
        socket.on('error', () => socket.destroy());
        socket.on('data', (chunk: string) => {
            input += chunk;
            if (input.length > MAX_REQUEST_CHARACTERS) {
                socket.destroy();
            } else if (input.includes('\n')) {
                socket.removeAllListeners('data');
                void this.ask(input).then((answer) => socket.end(JSON.stringify(answer)));
            }
        });
    }

    private ask(line: string): Promise<CredentialAnswer> {
        const asked = parse(line);
        if (asked === undefined) {
            return Promise.resolve({ refused: 'The request names no host.' });
        }
        const id = randomUUID();
        return new Promise((resolve) => {
            const finish = (answer: CredentialAnswer): void => {
                clearTimeout(timeout);
                this.waiting.delete(id);
                resolve(answer);
            };
            const timeout = setTimeout(() => finish({ refused: 'The platform did not answer in time. Try again.' }), ANSWER_TIMEOUT_MS);
            this.waiting.set(id, finish);
            if (!this.send({ type: 'credential-request', id, ...asked })) {
                finish({ refused: 'The platform cannot be reached right now. Try again in a moment.' });
            }
        });
    }
}

function parse(line: string): { protocol: string; host: string; path?: string } | undefined {
    try {
        const { protocol, host, path: remotePath } = JSON.parse(line) as Record<string, unknown>;
        return typeof protocol === 'string' && typeof host === 'string' && host !== ''
            ? {
                  protocol: protocol.slice(0, 16),
                  host: host.slice(0, 256),
                  path: typeof remotePath === 'string' ? remotePath.slice(0, 2048) : undefined,
              }
            : undefined;
    } catch {
        return undefined;
    }
}
