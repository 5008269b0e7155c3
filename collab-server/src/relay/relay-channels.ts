import { CLOSE_CODES } from '@tandem/protocol';
import type { Identity } from '../auth/identity.ts';
import { accessTo } from '../auth/identity.ts';
import type { Limits } from '../limits.ts';
import type { Connection, ConnectionHandler } from '../net/connection.ts';
import { TokenBucket } from '../net/token-bucket.ts';
import { OPCODE, frameOf } from '../net/web-socket-frames.ts';
import { ByteWriter } from '../update/byte-writer.ts';
import { MessageReader, ProtocolViolation } from '../wire/message-reader.ts';
import type { Member } from '../room/member.ts';
import type { Session } from '../session/session-host.ts';
import { paceMessages } from '../session/pace.ts';

/**
 * Frames of relay channels. To the server: varUint target (0: everybody else), then the message. From the server: one
 * type byte, then its body.
 */
export const RELAY = {
    /** varUint own id, varUint count, and for each member: varUint id, varString JSON `{ subject, name, access }`. */
    welcome: 0,
    /** varUint id, varString JSON. */
    joined: 1,
    /** varUint id. */
    left: 2,
    /** varUint sender's id, then the message as it was sent. */
    message: 3,
    /** varUint target that is not there (any more). */
    undeliverable: 4,
} as const;

/** Channels between members: ordered, in memory only, gone with their last member. */
export class RelayChannels {
    private readonly channels = new Map<string, Map<number, RelaySession>>();
    private nextId = 1;
    readonly limits: Limits;
    readonly now: () => number;
    messages = 0;

    constructor(options: { limits: Limits; now: () => number }) {
        this.limits = options.limits;
        this.now = options.now;
    }

    get size(): number {
        return this.channels.size;
    }

    join(
        connection: Connection,
        channel: string,
        identity: Identity,
        expires: boolean,
        onEnd: (session: Session) => void,
    ): RelaySession | undefined {
        const members = this.channels.get(channel) ?? new Map<number, RelaySession>();
        if (members.size >= this.limits.maxRelayMembers) {
            connection.close(CLOSE_CODES.tryAgainLater, 'the channel is full');
            return undefined;
        }
        this.channels.set(channel, members);
        const session = new RelaySession({ channels: this, connection, channel, id: this.nextId++, identity, expires, members, onEnd });
        connection.setMaxMessageBytes(this.limits.maxRelayMessageBytes);
        const welcome = new ByteWriter();
        welcome.byte(RELAY.welcome);
        welcome.uint(session.id);
        welcome.uint(members.size);
        for (const member of members.values()) {
            welcome.uint(member.id);
            welcome.string(member.card);
        }
        connection.send(frameOf(OPCODE.binary, welcome.finish()));
        const joined = new ByteWriter();
        joined.byte(RELAY.joined);
        joined.uint(session.id);
        joined.string(session.card);
        const frame = frameOf(OPCODE.binary, joined.finish());
        for (const member of members.values()) {
            member.connection.send(frame);
        }
        members.set(session.id, session);
        return session;
    }

    leave(session: RelaySession): void {
        const members = this.channels.get(session.channel);
        if (!members?.delete(session.id)) {
            return;
        }
        if (members.size === 0) {
            this.channels.delete(session.channel);
        }
        const left = new ByteWriter();
        left.byte(RELAY.left);
        left.uint(session.id);
        const frame = frameOf(OPCODE.binary, left.finish());
        for (const member of members.values()) {
            member.connection.send(frame);
        }
    }
}

export class RelaySession implements Session, ConnectionHandler {
    readonly connection: Connection;
    readonly channel: string;
    readonly id: number;
    /** Who this is, from the token, as JSON. */
    readonly card: string;
    private readonly channels: RelayChannels;
    private readonly identity: Identity;
    private readonly expires: boolean;
    private readonly peers: Map<number, RelaySession>;
    private readonly messages: TokenBucket;
    private readonly bytes: TokenBucket;
    private readonly onEnd: (session: Session) => void;

    constructor(options: {
        channels: RelayChannels;
        connection: Connection;
        channel: string;
        id: number;
        identity: Identity;
        expires: boolean;
        members: Map<number, RelaySession>;
        onEnd: (session: Session) => void;
    }) {
        const { limits, now } = options.channels;
        this.channels = options.channels;
        this.connection = options.connection;
        this.channel = options.channel;
        this.id = options.id;
        this.identity = options.identity;
        this.expires = options.expires;
        this.peers = options.members;
        this.onEnd = options.onEnd;
        this.messages = new TokenBucket(limits.relayMessagesPerSecond, limits.relayMessagesPerSecond * 2, now());
        this.bytes = new TokenBucket(limits.relayBytesPerSecond, limits.relayBytesPerSecond * 2, now());
        this.card = JSON.stringify({
            subject: options.identity.subject,
            name: options.identity.name,
            access: accessTo(options.identity, options.channel),
        });
    }

    onMessage(payload: Buffer): void {
        const now = this.channels.now();
        paceMessages(this.connection, this.messages, now);
        const waitMs = this.bytes.take(now, payload.length);
        if (waitMs > 0) {
            this.connection.pause();
            setTimeout(() => this.connection.resume(), waitMs);
        }
        let target: number;
        let body: Buffer;
        try {
            const reader = new MessageReader(payload);
            target = reader.uint();
            body = reader.rest();
        } catch (error) {
            if (!(error instanceof ProtocolViolation)) {
                throw error;
            }
            this.connection.close(1002, error.message);
            return;
        }
        this.channels.messages++;
        const start = new ByteWriter(12);
        start.byte(RELAY.message);
        start.uint(this.id);
        const frame = frameOf(OPCODE.binary, start.finish(), body);
        if (target === 0) {
            for (const peer of this.peers.values()) {
                if (peer !== this) {
                    peer.connection.send(frame);
                }
            }
            return;
        }
        const peer = this.peers.get(target);
        if (peer) {
            peer.connection.send(frame);
        } else {
            const undeliverable = new ByteWriter();
            undeliverable.byte(RELAY.undeliverable);
            undeliverable.uint(target);
            this.connection.send(frameOf(OPCODE.binary, undeliverable.finish()));
        }
    }

    onOversize(): void {
        this.connection.close(
            CLOSE_CODES.messageTooBig,
            `messages of a channel are at most ${this.channels.limits.maxRelayMessageBytes} bytes`,
        );
    }

    onDrain(): void {
        // Nothing waits: channels are ordered, so a member that is too slow is closed at the hard limit.
    }

    onClose(): void {
        this.channels.leave(this);
        this.onEnd(this);
    }

    identities(): Iterable<Identity> {
        return [this.identity];
    }

    members(): Iterable<{ member: Member; room: string }> {
        return [];
    }

    keepAlive(): void {
        // Pings are enough: our own client does not count silence.
    }

    checkExpiry(now: number): void {
        if (this.expires && this.identity.expiresAt !== undefined && this.identity.expiresAt <= now) {
            this.connection.close(CLOSE_CODES.expired, 'the token has expired');
        }
    }
}
