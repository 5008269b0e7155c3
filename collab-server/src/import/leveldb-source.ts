import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@tandem/server-kit';
import { ClassicLevel } from 'classic-level';
import * as decoding from 'lib0/decoding';
import type { ImportSource, SourceDocument } from './source.ts';

/** Kinds of the parts of a key. */
const STRING = 0;
const UINT32 = 1;

/**
 * The store of y-leveldb (0.1 and 0.2), which y-websocket's own server writes with `YPERSISTENCE`. Its keys are
 * `['v1', name, 'update', clock]`, so one pass in their order brings the updates of each document together.
 *
 * @see https://github.com/yjs/y-leveldb
 */
export class LeveldbSource implements ImportSource {
    private readonly database: ClassicLevel<Buffer, Buffer>;

    private constructor(database: ClassicLevel<Buffer, Buffer>) {
        this.database = database;
    }

    /** @throws AppError `invalid-request` when there is no such store or another process has it open */
    static async open(directory: string): Promise<LeveldbSource> {
        // LevelDB would make the directory before it finds that nothing is in it.
        if (!existsSync(join(directory, 'CURRENT'))) {
            throw new AppError(
                'invalid-request',
                `${directory} is no LevelDB: there is no file CURRENT in it. Give the directory of YPERSISTENCE.`,
            );
        }
        const database = new ClassicLevel<Buffer, Buffer>(directory, {
            createIfMissing: false,
            keyEncoding: 'buffer',
            valueEncoding: 'buffer',
        });
        try {
            await database.open();
        } catch (cause) {
            const reason = (cause as { cause?: Error }).cause?.message ?? String(cause);
            throw new AppError(
                'invalid-request',
                `${directory} cannot be opened (${reason}). Stop the server that uses it, or copy the directory and give the copy.`,
                { cause },
            );
        }
        return new LeveldbSource(database);
    }

    async *[Symbol.asyncIterator](): AsyncIterator<SourceDocument> {
        let name: string | undefined;
        let updates: Uint8Array[] = [];
        for await (const [key, value] of this.database.iterator()) {
            const [version, document, kind] = readKey(key);
            if (version !== 'v1' || kind !== 'update' || typeof document !== 'string') {
                continue;
            }
            if (document !== name) {
                if (name !== undefined) {
                    yield { name: roomOf(name), updates };
                }
                name = document;
                updates = [];
            }
            updates.push(value);
        }
        if (name !== undefined) {
            yield { name: roomOf(name), updates };
        }
    }

    close(): Promise<void> {
        return this.database.close();
    }
}

/** y-websocket's server stores the path of the address as it came; here rooms are named by what it says. */
function roomOf(path: string): string {
    try {
        return decodeURIComponent(path);
    } catch {
        return path;
    }
}

function readKey(bytes: Uint8Array): (string | number)[] {
    const decoder = decoding.createDecoder(bytes);
    const key: (string | number)[] = [];
    while (decoding.hasContent(decoder)) {
        switch (decoding.readUint8(decoder)) {
            case STRING:
                key.push(decoding.readVarString(decoder));
                break;
            case UINT32:
                key.push(decoding.readUint32BigEndian(decoder));
                break;
            default:
                // A key of somebody else's.
                return [];
        }
    }
    return key;
}
