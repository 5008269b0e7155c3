import { CLOSE_CODES, MAX_ROOM_NAME_BYTES } from '@tandem/protocol';
import { AuthenticationError } from '../auth/authenticator.ts';
import { accessTo, mayWrite, type Identity } from '../auth/identity.ts';
import type { Connection, ConnectionHandler } from '../net/connection.ts';
import { OPCODE, frameOf } from '../net/web-socket-frames.ts';
import { TokenBucket } from '../net/token-bucket.ts';
import { Member } from '../room/member.ts';
import { MessageReader, ProtocolViolation } from '../wire/message-reader.ts';
import { MESSAGE, hocuspocusAddress, keepAliveFrame, permissionDeniedFrame, plainFrame, stringFrame } from '../wire/messages.ts';
import { handleDocumentMessage, refuse } from './document-messages.ts';
import { openDocument, type OpenDocument } from './open-document.ts';
import { paceMessages } from './pace.ts';
import { answerStateless } from './roster.ts';
import type { Session, SessionHost } from './session-host.ts';

const AUTH = { token: 0, denied: 1, authenticated: 2 } as const;
/** Asked for a new token so long before the old one ends. */
const RENEWAL_LEAD_MS = 30_000;
const PONG = frameOf(OPCODE.binary, Uint8Array.of(MESSAGE.pong));

/** One socket in Hocuspocus framing: many documents, each with its token sent in band. */
export class HocuspocusSession implements Session, ConnectionHandler {
    readonly connection: Connection;
    private readonly host: SessionHost;
    private readonly documents = new Map<string, OpenDocument>();
    private readonly bucket: TokenBucket;
    /** Identified at the upgrade, by the gateway or a header. */
    private readonly upgrade: { readonly identity: Identity; readonly expires: boolean } | undefined;
    private readonly onEnd: () => void;
    private authenticated: boolean;
    private bytesBeforeAuth = 0;
    private checkingFirstToken = false;
    private readonly authTimer: NodeJS.Timeout | undefined;
    private ended = false;

    constructor(options: {
        host: SessionHost;
        connection: Connection;
        upgrade: { readonly identity: Identity; readonly expires: boolean } | undefined;
        onEnd: () => void;
    }) {
        this.host = options.host;
        this.connection = options.connection;
        this.upgrade = options.upgrade;
        this.onEnd = options.onEnd;
        this.authenticated = options.upgrade !== undefined;
        const { limits } = this.host;
        this.bucket = new TokenBucket(limits.messagesPerSecond, limits.messagesPerSecond * 10, this.host.now());
        if (!this.authenticated) {
            this.authTimer = setTimeout(() => this.connection.close(CLOSE_CODES.expired, 'no token came in time'), limits.authTimeoutMs);
        }
    }

    onMessage(payload: Buffer): void {
        paceMessages(this.connection, this.bucket, this.host.now());
        try {
            this.handle(payload);
        } catch (error) {
            if (!(error instanceof ProtocolViolation)) {
                throw error;
            }
            this.host.counters.violations++;
            this.connection.close(1002, error.message);
        }
    }

    private handle(payload: Buffer): void {
        if (payload.length === 1) {
            if (payload[0] === MESSAGE.ping) {
                this.connection.send(PONG);
            }
            return;
        }
        // While a token is being checked nothing more is read from the socket, so only what came before one counts.
        if (!this.authenticated && !this.checkingFirstToken) {
            this.bytesBeforeAuth += payload.length;
            if (this.bytesBeforeAuth > this.host.limits.maxBytesBeforeAuth) {
                this.connection.close(CLOSE_CODES.denied, 'too much was sent before a token');
                return;
            }
        }
        const reader = new MessageReader(payload);
        const key = reader.string();
        const type = reader.uint();
        const document = this.documents.get(key) ?? this.begin(key, type);
        if (!document) {
            return;
        }
        switch (type) {
            case MESSAGE.auth:
                if (reader.uint() !== AUTH.token) {
                    throw new ProtocolViolation('unknown auth message');
                }
                void this.authenticate(document, reader.string());
                return;
            case MESSAGE.close:
                this.leave(document);
                return;
            case MESSAGE.ping:
            case MESSAGE.pong:
                return;
            default:
                if (document.queue) {
                    this.enqueue(document, type, reader, payload.length);
                } else {
                    this.dispatch(document, type, reader);
                }
        }
    }

    private begin(key: string, type: number): OpenDocument | undefined {
        if (type === MESSAGE.close) {
            return undefined;
        }
        const roomName = key.split('\0', 1)[0] as string;
        const { limits } = this.host;
        const nameBytes = Buffer.byteLength(roomName);
        if (nameBytes === 0 || nameBytes > MAX_ROOM_NAME_BYTES || key.length > MAX_ROOM_NAME_BYTES + 64) {
            throw new ProtocolViolation('a document name must have 1 to 256 bytes');
        }
        const maximum = this.authenticated || this.checkingFirstToken ? limits.maxDocumentsPerSocket : 1;
        if (this.documents.size >= maximum) {
            this.connection.close(
                CLOSE_CODES.denied,
                this.authenticated ? 'too many documents on one socket' : 'one document before the token',
            );
            return undefined;
        }
        const document = openDocument(hocuspocusAddress(key), roomName);
        this.documents.set(key, document);
        return document;
    }

    private enqueue(document: OpenDocument, type: number, reader: MessageReader, bytes: number): void {
        document.queuedBytes += bytes;
        if (document.queuedBytes > this.host.limits.maxQueuedBytesWhileLoading + this.host.limits.maxBytesBeforeAuth) {
            this.connection.close(CLOSE_CODES.transient, 'the document is still loading');
            return;
        }
        document.queue?.push({ type, reader, bytes });
    }

    private dispatch(document: OpenDocument, type: number, reader: MessageReader): void {
        const { room, member } = document;
        if (!room || !member) {
            return;
        }
        if (type === MESSAGE.stateless) {
            answerStateless(room, member, reader.string());
            return;
        }
        handleDocumentMessage(this.host, room, member, type, reader);
    }

    /** The first token opens the document, later ones renew it. */
    private async authenticate(document: OpenDocument, token: string): Promise<void> {
        if (document.authenticating) {
            return;
        }
        document.authenticating = true;
        const isFirstToken = !this.authenticated && !this.checkingFirstToken;
        if (isFirstToken) {
            this.checkingFirstToken = true;
            this.connection.pause();
        }
        try {
            const { identity, expires } = await this.identify(token);
            const access = accessTo(identity, document.roomName);
            if (access === undefined) {
                throw new AuthenticationError(CLOSE_CODES.denied, 'this token is not for this document');
            }
            if (document.identity && document.identity.subject !== identity.subject) {
                throw new AuthenticationError(CLOSE_CODES.denied, 'a renewed token must be of the same person');
            }
            await this.host.hooks.authenticate({ room: document.roomName, subject: identity.subject, access });
            if (this.ended) {
                return;
            }
            if (!this.authenticated) {
                this.authenticated = true;
                clearTimeout(this.authTimer);
                this.connection.setMaxMessageBytes(this.host.limits.maxMessageBytes);
            }
            const writes = mayWrite(access, document.roomName, this.host.commentRooms);
            document.identity = identity;
            document.expires = expires;
            document.renewalAsked = false;
            if (document.member) {
                document.member.access = access;
                document.member.mayWrite = writes;
                this.sendAuthenticated(document, writes);
                return;
            }
            const room = await this.host.rooms.acquire(document.roomName);
            if (this.ended || this.documents.get(addressName(document)) !== document) {
                return;
            }
            document.room = room;
            document.member = new Member({
                connection: this.connection,
                address: document.address,
                subject: identity.subject,
                displayName: identity.name,
                access,
                mayWrite: writes,
                acknowledges: true,
            });
            room.join(document.member);
            this.sendAuthenticated(document, writes);
            room.sendPresence(document.member);
            this.replay(document);
        } catch (error) {
            this.failDocument(document, error);
        } finally {
            document.authenticating = false;
            if (isFirstToken) {
                this.checkingFirstToken = false;
                this.connection.resume();
            }
        }
    }

    private async identify(token: string): Promise<{ identity: Identity; expires: boolean }> {
        if (token === '' && this.upgrade) {
            return this.upgrade;
        }
        return { identity: await this.host.authenticate(token), expires: this.host.enforcesExpiry(false) };
    }

    private sendAuthenticated(document: OpenDocument, writes: boolean): void {
        this.connection.send(stringFrame(document.address, [MESSAGE.auth, AUTH.authenticated], writes ? 'read-write' : 'readonly'));
    }

    private replay(document: OpenDocument): void {
        const queue = document.queue ?? [];
        document.queue = undefined;
        document.queuedBytes = 0;
        try {
            for (const { type, reader } of queue) {
                this.dispatch(document, type, reader);
            }
        } catch (error) {
            if (!(error instanceof ProtocolViolation)) {
                throw error;
            }
            this.host.counters.violations++;
            this.connection.close(1002, error.message);
        }
    }

    private failDocument(document: OpenDocument, error: unknown): void {
        if (this.ended) {
            return;
        }
        if (!(error instanceof AuthenticationError)) {
            this.host.logger.error({ error, room: document.roomName }, 'a document could not be opened');
            // Never an empty document instead: the client comes back later.
            this.connection.close(CLOSE_CODES.transient, 'the document cannot be loaded right now');
            return;
        }
        if (error.closeCode === CLOSE_CODES.transient) {
            this.connection.close(CLOSE_CODES.transient, error.message);
            return;
        }
        this.connection.send(permissionDeniedFrame(document.address, error.message, AUTH.denied));
        this.leave(document);
        if (!this.authenticated) {
            this.connection.close(error.closeCode, error.message);
        }
    }

    private leave(document: OpenDocument): void {
        this.documents.delete(addressName(document));
        if (document.member) {
            document.room?.leave(document.member);
            document.member = undefined;
        }
    }

    /** Ends one document with a reason, and leaves the socket to the others. */
    closeDocument(member: Member, reason: string): void {
        for (const document of this.documents.values()) {
            if (document.member === member) {
                this.connection.send(stringFrame(document.address, [MESSAGE.close], reason));
                this.leave(document);
            }
        }
    }

    onOversize(start: Buffer): void {
        if (!this.authenticated) {
            this.connection.close(CLOSE_CODES.denied, 'too much was sent before a token');
            return;
        }
        try {
            const document = this.documents.get(new MessageReader(start).string());
            if (document?.member) {
                refuse(this.host, document.member, '');
            }
        } catch {
            this.connection.close(1002, 'a message is cut off');
        }
    }

    onDrain(): void {
        for (const { room, member } of this.documents.values()) {
            if (member) {
                room?.catchUp(member);
            }
        }
    }

    onClose(): void {
        this.ended = true;
        clearTimeout(this.authTimer);
        for (const document of [...this.documents.values()]) {
            this.leave(document);
        }
        this.onEnd();
    }

    *identities(): Iterable<Identity> {
        if (this.upgrade) {
            yield this.upgrade.identity;
        }
        for (const { identity } of this.documents.values()) {
            if (identity) {
                yield identity;
            }
        }
    }

    *members(): Iterable<{ member: Member; room: string }> {
        for (const { member, roomName } of this.documents.values()) {
            if (member) {
                yield { member, room: roomName };
            }
        }
    }

    keepAlive(): void {
        for (const { address, member } of this.documents.values()) {
            if (member) {
                this.connection.send(keepAliveFrame(address));
                return;
            }
        }
    }

    checkExpiry(now: number): void {
        for (const document of this.documents.values()) {
            const expiresAt = document.expires ? document.identity?.expiresAt : undefined;
            if (expiresAt === undefined) {
                continue;
            }
            if (expiresAt <= now) {
                this.connection.close(CLOSE_CODES.expired, 'the token has expired');
                return;
            }
            if (!document.renewalAsked && expiresAt - now < RENEWAL_LEAD_MS) {
                document.renewalAsked = true;
                this.connection.send(plainFrame(document.address, Uint8Array.of(MESSAGE.auth, AUTH.token)));
            }
        }
    }
}

function addressName(document: OpenDocument): string {
    return document.address.key.slice(2);
}
