import { CLOSE_CODES } from '@tandem/protocol';
import { accessTo, mayWrite, type Identity } from '../auth/identity.ts';
import type { Connection, ConnectionHandler } from '../net/connection.ts';
import { TokenBucket } from '../net/token-bucket.ts';
import { Member } from '../room/member.ts';
import type { Room } from '../room/room.ts';
import { MessageReader, ProtocolViolation } from '../wire/message-reader.ts';
import { Y_ADDRESS, keepAliveFrame } from '../wire/messages.ts';
import { handleDocumentMessage, refuse } from './document-messages.ts';
import { paceMessages } from './pace.ts';
import type { Session, SessionHost } from './session-host.ts';

const KEEP_ALIVE = keepAliveFrame(Y_ADDRESS);

/** One y-websocket client: one socket, one room, identified at the upgrade. */
export class YSession implements Session, ConnectionHandler {
    readonly connection: Connection;
    private readonly host: SessionHost;
    private readonly room: Room;
    private readonly identity: Identity;
    private readonly member: Member;
    private readonly bucket: TokenBucket;
    private readonly expires: boolean;
    private readonly onEnd: () => void;

    constructor(options: {
        host: SessionHost;
        connection: Connection;
        room: Room;
        identity: Identity;
        expires: boolean;
        onEnd: () => void;
    }) {
        const { host, connection, room, identity } = options;
        this.host = host;
        this.connection = connection;
        this.room = room;
        this.identity = identity;
        this.expires = options.expires;
        this.onEnd = options.onEnd;
        this.bucket = new TokenBucket(host.limits.messagesPerSecond, host.limits.messagesPerSecond * 10, host.now());
        const access = accessTo(identity, room.name) ?? 'read';
        this.member = new Member({
            connection,
            address: Y_ADDRESS,
            subject: identity.subject,
            displayName: identity.name,
            access,
            mayWrite: mayWrite(access, room.name, host.commentRooms),
            acknowledges: false,
        });
        room.join(this.member);
        room.sendPresence(this.member);
    }

    onMessage(payload: Buffer): void {
        paceMessages(this.connection, this.bucket, this.host.now());
        try {
            const reader = new MessageReader(payload);
            handleDocumentMessage(this.host, this.room, this.member, reader.uint(), reader);
        } catch (error) {
            if (!(error instanceof ProtocolViolation)) {
                throw error;
            }
            this.host.counters.violations++;
            this.connection.close(1002, error.message);
        }
    }

    onOversize(): void {
        refuse(this.host, this.member, `A message was over ${this.host.limits.maxMessageBytes} bytes and was not taken.`);
    }

    onDrain(): void {
        this.room.catchUp(this.member);
    }

    onClose(): void {
        this.room.leave(this.member);
        this.onEnd();
    }

    identities(): Iterable<Identity> {
        return [this.identity];
    }

    members(): Iterable<{ member: Member; room: string }> {
        return [{ member: this.member, room: this.room.name }];
    }

    keepAlive(): void {
        this.connection.send(KEEP_ALIVE);
    }

    checkExpiry(now: number): void {
        if (this.expires && this.identity.expiresAt !== undefined && this.identity.expiresAt <= now) {
            this.connection.close(CLOSE_CODES.expired, 'the token has expired');
        }
    }
}
