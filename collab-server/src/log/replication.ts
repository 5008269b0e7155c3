/** What a replica tells the others, and hears from them. Nothing here is needed for durability. */
export interface ReplicationListener {
    /** Updates of a room that another replica has stored. Returns whether the room is open here and took them. */
    onUpdates(room: string, updates: readonly Uint8Array[]): boolean;
    /** Presence of another replica's members, as `Presence` packed it. */
    onPresence(room: string, replica: string, packed: Buffer): void;
    /** A replica asks who is in a room. */
    onPresenceRequest(room: string): void;
    /** A replica is gone; so are its members. */
    onReplicaGone(replica: string): void;
    /** A room was rewritten or removed. */
    onReset(room: string, reason: string): void;
    /** Rooms that are open here. */
    openRooms(): Iterable<string>;
}

/** The part of a log that connects replicas. */
export interface Replication {
    listen(listener: ReplicationListener): void;
    publishPresence(room: string, packed: Buffer): void;
    requestPresence(room: string): void;
}
