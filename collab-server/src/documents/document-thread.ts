import { Worker } from 'node:worker_threads';
import type { DocumentTasks } from './document-tasks.ts';
import type { TaskReply, TaskRequest } from './document-worker.ts';

/** A thread ends when nothing was asked of it for so long. */
const IDLE_MS = 10_000;

/** Runs `documentTasks` off the event loop: a large document takes seconds to build. */
export class DocumentThread {
    private worker: Worker | undefined;
    private readonly waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
    private nextId = 1;
    private idle: NodeJS.Timeout | undefined;

    run<Task extends keyof DocumentTasks>(
        task: Task,
        ...parameters: Parameters<DocumentTasks[Task]>
    ): Promise<ReturnType<DocumentTasks[Task]>> {
        clearTimeout(this.idle);
        const worker = (this.worker ??= this.start());
        const id = this.nextId++;
        return new Promise((resolve, reject) => {
            this.waiting.set(id, { resolve, reject });
            worker.postMessage({ id, task, parameters } satisfies TaskRequest);
        });
    }

    async close(): Promise<void> {
        clearTimeout(this.idle);
        const { worker } = this;
        this.worker = undefined;
        await worker?.terminate();
    }

    private start(): Worker {
        const url = new URL(import.meta.url.endsWith('.ts') ? './document-worker.ts' : './document-worker.js', import.meta.url);
        const worker = new Worker(url);
        worker.unref();
        worker.on('message', (reply: TaskReply) => {
            const waiting = this.waiting.get(reply.id);
            this.waiting.delete(reply.id);
            if (reply.error === undefined) {
                waiting?.resolve(reply.result as never);
            } else {
                waiting?.reject(new Error(reply.error));
            }
            if (this.waiting.size === 0) {
                this.idle = setTimeout(() => void this.close(), IDLE_MS);
                this.idle.unref();
            }
        });
        const fail = (error: Error) => {
            if (this.worker === worker) {
                this.worker = undefined;
            }
            for (const { reject } of this.waiting.values()) {
                reject(error);
            }
            this.waiting.clear();
        };
        worker.on('error', fail);
        worker.on('exit', () => fail(new Error('The document thread ended')));
        return worker;
    }
}
