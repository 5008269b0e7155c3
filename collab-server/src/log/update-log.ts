/** What went wrong with the log; `corrupt` does not go away by trying again. */
export type UpdateLogErrorCode = 'full' | 'corrupt' | 'failed' | 'closed';

export class UpdateLogError extends Error {
    readonly code: UpdateLogErrorCode;

    constructor(code: UpdateLogErrorCode, message: string, options: { cause?: unknown } = {}) {
        super(message, options);
        this.name = 'UpdateLogError';
        this.code = code;
    }
}

/** Updates of one room, in the order of their arrival. */
export interface RoomUpdates {
    readonly room: string;
    readonly updates: readonly Uint8Array[];
}

export interface RoomSummary {
    readonly room: string;
    /** Bytes stored, history and named versions not counted. */
    readonly bytes: number;
    readonly createdAt: number;
    readonly updatedAt: number;
}

export interface VersionSummary {
    readonly id: number;
    readonly name: string;
    readonly author: string;
    readonly createdAt: number;
    readonly bytes: number;
}

/**
 * Where documents live: an append-only log of updates for each room, folded into one snapshot from time to time. Room
 * names are 1 to 256 bytes. Every call may reject with `UpdateLogError`; a failed `append` has stored nothing of its
 * batch, or all of it.
 */
export interface UpdateLog {
    /** Resolves when everything in the batch survives a crash of the process and of the machine. */
    append(batch: readonly RoomUpdates[]): Promise<void>;
    /** All updates of a room, snapshot first; empty when there is no such room. Never a part of them. */
    load(room: string): Promise<Uint8Array[]>;
    /** Replaces everything appended before this call by `snapshot`, which must contain it. */
    compact(room: string, snapshot: Uint8Array): Promise<void>;
    /**
     * Replaces a room's log by `snapshot`, which was made of the last `load`, and removes its versions; the old bytes are
     * overwritten where the store can. Returns false and changes nothing when somebody else has appended since that load.
     */
    rewrite(room: string, snapshot: Uint8Array): Promise<boolean>;
    /** Rooms by name, after `after`, that begin with `prefix`. */
    list(options: { prefix?: string; after?: string; limit: number }): Promise<RoomSummary[]>;
    /** Removes a room, its history and versions; the bytes are overwritten where the store can. Returns whether there was one. */
    remove(room: string): Promise<boolean>;
    saveVersion(room: string, version: { name: string; author: string; snapshot: Uint8Array }): Promise<VersionSummary>;
    /** Newest first. */
    listVersions(room: string): Promise<VersionSummary[]>;
    loadVersion(room: string, id: number): Promise<Uint8Array | undefined>;
    /** Rejects when the log cannot be written. */
    check(): Promise<void>;
    close(): Promise<void>;
}
