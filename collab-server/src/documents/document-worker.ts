import { parentPort } from 'node:worker_threads';
import { documentTasks, type DocumentTasks } from './document-tasks.ts';

export interface TaskRequest {
    readonly id: number;
    readonly task: keyof DocumentTasks;
    readonly parameters: unknown[];
}

export interface TaskReply {
    readonly id: number;
    readonly result?: unknown;
    readonly error?: string;
}

parentPort?.on('message', ({ id, task, parameters }: TaskRequest) => {
    try {
        const result = (documentTasks[task] as (...values: unknown[]) => unknown)(...parameters);
        parentPort?.postMessage({ id, result } satisfies TaskReply);
    } catch (error) {
        parentPort?.postMessage({ id, error: error instanceof Error ? error.message : String(error) } satisfies TaskReply);
    }
});
