import { unreachable } from './api-error.ts';

/** An answer that is read as it comes. Read it once, by one of its ways. */
export class ApiStream {
    readonly response: Response;

    constructor(response: Response) {
        this.response = response;
    }

    /** The raw bytes. */
    get body(): ReadableStream<Uint8Array> {
        return this.response.body ?? new Blob([]).stream();
    }

    async *chunks(): AsyncGenerator<Uint8Array> {
        const reader = this.body.getReader();
        let finished = false;
        try {
            for (;;) {
                const { value, done } = await reader.read();
                if (done) {
                    finished = true;
                    return;
                }
                yield value;
            }
        } catch (cause) {
            finished = true;
            throw isAbort(cause) ? cause : unreachable(`Reading ${this.response.url}`, cause);
        } finally {
            if (!finished) {
                await reader.cancel().catch(() => undefined);
            }
        }
    }

    /** Lines of text without their ends, empty ones left out. */
    async *lines(): AsyncGenerator<string> {
        const decoder = new TextDecoder();
        let rest = '';
        for await (const chunk of this.chunks()) {
            const parts = (rest + decoder.decode(chunk, { stream: true })).split('\n');
            rest = parts.pop() ?? '';
            yield* parts.filter((line) => line !== '');
        }
        rest += decoder.decode();
        if (rest !== '') {
            yield rest;
        }
    }

    /** One value per line (`application/x-ndjson`). */
    async *values<T>(): AsyncGenerator<T> {
        for await (const line of this.lines()) {
            yield JSON.parse(line) as T;
        }
    }
}

function isAbort(error: unknown): boolean {
    return error instanceof Error && error.name === 'AbortError';
}
