import { randomUUID } from 'node:crypto';
import type { ControllerMessage, WorkspaceMessage } from '@tandem/protocol';

export const CollabAccess = Symbol('CollabAccess');
/** Opens the collaboration server for this workspace's own peer. */
export interface CollabAccess {
    /** An address and a five-minute token. @throws Error when no controller answers right now */
    request(): Promise<{ url: string; token: string }>;
}

const ANSWER_TIMEOUT_MS = 5_000;

/** Asks the controller for tokens over the control socket. */
export class CollabTokens implements CollabAccess {
    private readonly send: (message: WorkspaceMessage) => boolean;
    private readonly waiting = new Map<string, (answer: { url: string; token: string }) => void>();

    /** @param send over the control socket; false when no controller is there */
    constructor(send: (message: WorkspaceMessage) => boolean) {
        this.send = send;
    }

    request(): Promise<{ url: string; token: string }> {
        const id = randomUUID();
        return new Promise((resolve, reject) => {
            const timeout = setTimeout(() => {
                this.waiting.delete(id);
                reject(new Error('The platform gave no token for the collaboration server in time.'));
            }, ANSWER_TIMEOUT_MS);
            this.waiting.set(id, (answer) => {
                clearTimeout(timeout);
                this.waiting.delete(id);
                resolve(answer);
            });
            if (!this.send({ type: 'collab-token-request', id })) {
                clearTimeout(timeout);
                this.waiting.delete(id);
                reject(new Error('No controller is connected to this workspace.'));
            }
        });
    }

    /** The controller's answer. */
    answer({ id, url, token }: Extract<ControllerMessage, { type: 'collab-token' }>): void {
        this.waiting.get(id)?.({ url, token });
    }
}
