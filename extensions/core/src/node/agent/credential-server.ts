import type { Server, Socket } from 'node:net';
import type { ControllerQuestions } from './controller-questions';
import { listenPrivately } from './private-socket';

const MAX_REQUEST_CHARACTERS = 8192;

/** Where git's helper asks for user names and passwords. */
export class CredentialServer {
    private readonly socketPath: string;
    private readonly questions: ControllerQuestions;
    private server: Server | undefined;

    constructor(socketPath: string, questions: ControllerQuestions) {
        this.socketPath = socketPath;
        this.questions = questions;
    }

    async listen(): Promise<void> {
        this.server = await listenPrivately(this.socketPath, (socket) => this.serve(socket));
    }

    async dispose(): Promise<void> {
        const { server } = this;
        if (server !== undefined) {
            await new Promise((resolve) => server.close(resolve));
        }
    }

    private serve(socket: Socket): void {
        let input = '';
        socket.setEncoding('utf8');
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

    private async ask(line: string): Promise<{ username?: string; password?: string; refused?: string }> {
        const asked = parse(line);
        if (asked === undefined) {
            return { refused: 'The request names no host.' };
        }
        return this.questions.ask({ type: 'credential-request', ...asked });
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
