import { randomUUID } from 'node:crypto';
import type { ControllerMessage, WorkspaceMessage } from '@tandem/protocol';

type Question = Extract<WorkspaceMessage, { type: 'credential-request' | 'ssh-key-request' | 'ssh-sign-request' }>;
type Answer = Extract<ControllerMessage, { type: 'credential' | 'ssh-key' | 'ssh-signature' }>;
/** What a question says besides its id. */
export type Asked = Question extends infer Each ? (Each extends Question ? Omit<Each, 'id'> : never) : never;
type AnswerOf<Type extends Question['type']> = Extract<
    Answer,
    { type: { 'credential-request': 'credential'; 'ssh-key-request': 'ssh-key'; 'ssh-sign-request': 'ssh-signature' }[Type] }
>;
export type Refusal = { refused: string };

const ANSWER_TIMEOUT_MS = 60_000;

/** Questions about a person's credentials that go to the controller. Answers pass through and are kept nowhere. */
export class ControllerQuestions {
    private readonly send: (message: WorkspaceMessage) => boolean;
    private readonly waiting = new Map<string, (answer: Answer | Refusal) => void>();

    /** @param send over the control socket; false when no controller is there */
    constructor(send: (message: WorkspaceMessage) => boolean) {
        this.send = send;
    }

    /** The answer, or why there is none, for the person. Never fails. */
    ask<Type extends Question['type']>(asked: Extract<Asked, { type: Type }>): Promise<AnswerOf<Type> | Refusal> {
        const id = randomUUID();
        return new Promise((resolve) => {
            const finish = (answer: Answer | Refusal): void => {
                clearTimeout(timeout);
                this.waiting.delete(id);
                resolve(answer as AnswerOf<Type> | Refusal);
            };
            const timeout = setTimeout(() => finish({ refused: 'The platform did not answer in time. Try again.' }), ANSWER_TIMEOUT_MS);
            this.waiting.set(id, finish);
            if (!this.send({ ...asked, id } as Question)) {
                finish({ refused: 'The platform cannot be reached right now. Try again in a moment.' });
            }
        });
    }

    /** What the controller said. */
    answer(answer: Answer): void {
        this.waiting.get(answer.id)?.(answer);
    }

    dispose(): void {
        for (const finish of this.waiting.values()) {
            finish({ refused: 'The workspace is stopping.' });
        }
    }
}
