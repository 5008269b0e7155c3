/** Every limit of the server: unit in the name, default, and why it is what it is. Overridable where a service is created. */
export const DEFAULT_LIMITS = {
    /** A whole document must fit one message (a client that was offline sends it so); larger ones are refused, not closed. */
    maxMessageBytes: 32 * 1024 * 1024,
    /** A document over this accepts no more edits. Clients need about 15 bytes of memory per byte. */
    maxDocumentBytes: 128 * 1024 * 1024,
    /** Half-received large messages of all connections together. */
    maxInboundBytes: 256 * 1024 * 1024,
    /** Before the token: one document, so much data, so long. A token is 2 KiB, the rest is room for a state vector. */
    maxBytesBeforeAuth: 64 * 1024,
    authTimeoutMs: 5_000,
    /** Documents on one socket. An IDE window opens a few dozen. */
    maxDocumentsPerSocket: 1_000,
    /** Data waiting while a room loads, per document of a connection. */
    maxQueuedBytesWhileLoading: 8 * 1024 * 1024,
    /** Unsent bytes of one socket over which presence is skipped. */
    softBufferBytes: 256 * 1024,
    /** … over which edits are held back and come later as one difference, and over which we stop reading from it. */
    middleBufferBytes: 1024 * 1024,
    /** … over which it is closed with 1013. A join's own document comes on top. */
    hardBufferBytes: 8 * 1024 * 1024,
    /** A socket with unsent data that takes none of it for so long is closed with 1013. */
    stalledSocketMs: 30_000,
    /** Something is sent to every client at least so often; stock clients give up after 30 s of silence. */
    keepAliveMs: 20_000,
    /** A peer that has not sent anything, not even a pong, for so long is gone. */
    deadPeerMs: 75_000,
    /** Presence of a room goes out at most so often; rooms with more members use a longer beat. */
    presenceBeatMs: 40,
    presenceBeatPerMemberMs: 0.35,
    maxPresenceBeatMs: 90,
    /** One client's presence state. Cursors and a name take about 300 bytes. */
    maxPresenceBytes: 16 * 1024,
    /** Client ids that one connection may speak for. */
    maxPresenceIdsPerMember: 8,
    /** Presence ids of a room, gone ones included. */
    maxPresenceIdsPerRoom: 20_000,
    /** How long edits wait for others to share a frame, where any are likely to come: the longer the busier the loop and the room. */
    maxFlushDelayMs: 6.5,
    minFlushDelayMs: 4,
    /** Time from one group commit to the next: each costs about 0.3 ms of CPU, and people are told within 20 ms. */
    commitBeatMs: 13,
    /** Edits waiting for a failing disk; over this, members are closed with 4500. */
    maxUncommittedBytes: 64 * 1024 * 1024,
    /** Pause before a failed commit is tried again. */
    commitRetryMs: 500,
    /** A room without members is unloaded after this. */
    idleRoomMs: 30_000,
    /** Documents in memory, in bytes, over which rooms without members are unloaded at once, least recently used first. */
    memoryBudgetBytes: 512 * 1024 * 1024,
    /** A log is rewritten as one snapshot when its tail is longer than this, and than the snapshot. */
    compactAfterBytes: 1024 * 1024,
    compactAfterEntries: 500,
    /** Messages a second (with a burst of ten seconds' worth) that one connection may send. */
    messagesPerSecond: 500,
    /** New connections a second per address and per identity (with a burst). */
    connectionsPerSecond: 100,
    connectionBurst: 1_000,
    /** Relay channels: members, size of a message, messages and bytes a second for each member. */
    maxRelayMembers: 64,
    maxRelayMessageBytes: 1024 * 1024,
    relayMessagesPerSecond: 400,
    relayBytesPerSecond: 4 * 1024 * 1024,
    /** Bodies over HTTP (an update to apply). */
    maxBodyBytes: 32 * 1024 * 1024,
    /** On SIGTERM: how long clients have to take their last data, and the span over which they are told to come back. */
    drainMs: 2_000,
    reconnectSpreadMs: 5_000,
} as const satisfies Record<string, number>;

export type Limits = { readonly [Name in keyof typeof DEFAULT_LIMITS]: number };
