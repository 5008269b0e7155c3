import type { Server, Socket } from 'node:net';
import type { ControllerQuestions } from './controller-questions';
import { listenPrivately } from './private-socket';
import { failureAnswer, identitiesAnswer, readAgentRequest, signAnswer, takeAgentMessage } from './ssh-agent-protocol';

/** What one control message carries, as base64; what SSH has signed is below 1 KiB. */
const MAX_SIGNED_BYTES = 24 * 1024;

/**
 * The SSH agent of a workspace (`SSH_AUTH_SOCK`). The person's private key never comes here: the controller signs.
 */
export class SshAgentServer {
    readonly socketPath: string;
    private readonly questions: ControllerQuestions;
    private readonly log: (text: string) => void;
    private server: Server | undefined;

    constructor(socketPath: string, questions: ControllerQuestions, log: (text: string) => void) {
        this.socketPath = socketPath;
        this.questions = questions;
        this.log = log;
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
        let received: Buffer = Buffer.alloc(0);
        // A client sends its next message after the answer; should it not, answers still keep their order.
        let queue = Promise.resolve();
        socket.on('data', (chunk: Buffer) => {
            received = Buffer.concat([received, chunk]);
            try {
                for (let taken = takeAgentMessage(received); taken.message !== undefined; taken = takeAgentMessage(received)) {
                    const { message } = taken;
                    received = taken.rest;
                    queue = queue.then(async () => void socket.write(await this.respond(message)));
                }
            } catch {
                socket.destroy();
            }
        });
        socket.on('end', () => void queue.then(() => socket.end()));
    }

    private async respond(message: Buffer): Promise<Buffer> {
        const request = readAgentRequest(message);
        if (request.type === 'identities') {
            const answer = await this.questions.ask({ type: 'ssh-key-request' });
            return 'refused' in answer && answer.refused !== undefined ? this.failed(answer.refused) : identitiesAnswer(keyOf(answer));
        }
        if (request.type !== 'sign' || request.data.length > MAX_SIGNED_BYTES) {
            return failureAnswer();
        }
        const answer = await this.questions.ask({
            type: 'ssh-sign-request',
            key: request.key.toString('base64'),
            data: request.data.toString('base64'),
        });
        return 'signature' in answer && answer.signature !== undefined
            ? signAnswer(Buffer.from(answer.signature, 'base64'))
            : this.failed(answer.refused ?? 'no signature');
    }

    private failed(reason: string): Buffer {
        this.log(`ssh: ${reason}`);
        return failureAnswer();
    }
}

const keyOf = (answer: object): string | undefined => ('publicKey' in answer ? (answer.publicKey as string | undefined) : undefined);
