import { parentPort, workerData } from 'node:worker_threads';
import { release } from '../update/release.ts';
import { CorruptEntry, SqliteStore } from './sqlite-store.ts';
import type { UpdateLogErrorCode } from './update-log.ts';

/** Method, arguments and a number to answer to. */
export interface SqliteRequest {
    readonly id: number;
    readonly method: Exclude<keyof SqliteStore, 'scrub' | 'tidy'>;
    readonly parameters: unknown[];
}

export interface SqliteReply {
    readonly id: number;
    readonly result?: unknown;
    readonly error?: { readonly code: UpdateLogErrorCode; readonly message: string };
}

const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

function codeOf(error: unknown): UpdateLogErrorCode {
    if (error instanceof CorruptEntry) {
        return 'corrupt';
    }
    const { errcode, code } = error as { errcode?: number; code?: string };
    const primary = errcode === undefined ? undefined : errcode & 0xff;
    if (primary === SQLITE_FULL || code === 'ENOSPC') {
        return 'full';
    }
    return primary === SQLITE_CORRUPT || primary === SQLITE_NOTADB ? 'corrupt' : 'failed';
}

/** What is handed over instead of copied. */
function buffersOf(loaded: unknown): ArrayBuffer[] {
    return [...new Set(((loaded ?? []) as Uint8Array[]).map(({ buffer }) => buffer as ArrayBuffer))];
}

const port = parentPort;
if (port) {
    const { file, readOnly } = workerData as { file: string; readOnly: boolean };
    const describe = (error: unknown) => ({ code: codeOf(error), message: error instanceof Error ? error.message : String(error) });
    let store: SqliteStore | undefined;
    try {
        store = new SqliteStore(file, { readOnly });
        port.postMessage({ id: 0 } satisfies SqliteReply);
    } catch (error) {
        port.postMessage({ id: 0, error: describe(error) } satisfies SqliteReply);
    }
    port.on('message', ({ id, method, parameters }: SqliteRequest) => {
        let reply: SqliteReply;
        try {
            const result: unknown = (store?.[method] as (...values: unknown[]) => unknown).apply(store, parameters);
            reply = { id, result };
        } catch (error) {
            reply = { id, error: describe(error) };
        }
        port.postMessage(reply, method === 'load' ? buffersOf(reply.result) : []);
        if (method === 'close') {
            port.close();
            return;
        }
        parameters.filter((value) => value instanceof Uint8Array).forEach(release);
        store?.tidy();
    });
}
