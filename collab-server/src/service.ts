import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, MAX_ROOM_NAME_BYTES, type Revocation } from '@tandem/protocol';
import { createLogger, type Logger } from '@tandem/server-kit';
import type { FastifyInstance } from 'fastify';
import { AuthenticationError, authenticateNobody, type Authenticate } from './auth/authenticator.ts';
import { accessTo, isRevokedBy, type Identity } from './auth/identity.ts';
import { isLocalRequest } from './auth/local-only.ts';
import { RevocationFeed } from './auth/revocation-feed.ts';
import { readUpgradeToken } from './auth/tokens.ts';
import { DocumentStore } from './documents/document-store.ts';
import { Hooks, type HookListeners } from './hooks/hooks.ts';
import { buildApp } from './http/build-app.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CommitBeat } from './log/commit-beat.ts';
import type { UpdateLog } from './log/update-log.ts';
import { Connection, InboundBudget, acceptHandshake, refuseUpgrade } from './net/connection.ts';
import { KeyedBuckets } from './net/token-bucket.ts';
import { RelayChannels } from './relay/relay-channels.ts';
import { Beat } from './room/beat.ts';
import type { Member } from './room/member.ts';
import { RoomRegistry } from './room/room-registry.ts';
import type { Room, RoomHost } from './room/room.ts';
import { HocuspocusSession } from './session/hocuspocus-session.ts';
import { updateRoster } from './session/roster.ts';
import type { Session, SessionHost } from './session/session-host.ts';
import { YSession } from './session/y-session.ts';

export interface CollabServiceOptions {
    /** Where documents live. Closed by `close`. */
    readonly log: UpdateLog;
    /** Absent: nobody is asked who they are, and only this machine is served. */
    readonly authenticate?: Authenticate;
    /** Feed of revocations; while it is lost, nobody new comes in. */
    readonly revocations?: { readonly url: string; readonly token?: string | undefined };
    /** Bearer token of the HTTP API. Absent with authentication: the API is off. */
    readonly serverToken?: string | undefined;
    /** Rooms in which `comment` may write. */
    readonly commentRooms?: readonly string[];
    /** Path in front of everything. */
    readonly basePath?: string;
    readonly limits?: Partial<Limits>;
    readonly hooks?: readonly HookListeners[];
    readonly logger?: Logger;
    /** Milliseconds since the epoch. */
    readonly now?: () => number;
}

const SWEEP_MS = 1_000;
const DEFAULT_COMMENT_ROOMS = ['w/*/threads', 'r/*'];
/** A refused credential is told so at once the first time; the answer to its next try is held back this long. */
const REFUSAL_DELAY_MS = 2_000;

/** The collaboration server as a part of a process: give it upgrades and requests, it does the rest. */
export class CollabService implements SessionHost {
    readonly limits: Limits;
    readonly logger: Logger;
    readonly now: () => number;
    readonly rooms: RoomRegistry;
    readonly roomHost: RoomHost;
    readonly hooks: Hooks;
    readonly commentRooms: readonly string[];
    readonly counters = { refusedUpdates: 0, violations: 0, upgrades: 0, refusedUpgrades: 0, revoked: 0, overflows: 0 };
    readonly log: UpdateLog;
    readonly commits: CommitBeat;
    readonly beat: Beat;
    readonly relay: RelayChannels;
    readonly documents: DocumentStore;
    readonly serverToken: string | undefined;
    readonly isOpenToAll: boolean;
    private readonly options: CollabServiceOptions;
    readonly sessions = new Set<Session>();
    private readonly budget: InboundBudget;
    private readonly feed: RevocationFeed | undefined;
    private readonly byAddress: KeyedBuckets;
    private readonly bySubject: KeyedBuckets;
    private readonly refusals: KeyedBuckets;
    private app: FastifyInstance | undefined;
    private sweeper: NodeJS.Timeout | undefined;
    private draining = false;
    private closing: Promise<void> | undefined;
    memoryBytes = 0;

    constructor(options: CollabServiceOptions) {
        this.options = options;
        this.limits = { ...DEFAULT_LIMITS, ...options.limits };
        this.logger = options.logger ?? createLogger({ name: 'collab' });
        this.now = options.now ?? Date.now;
        this.log = options.log;
        this.hooks = new Hooks(options.hooks ?? []);
        this.commentRooms = options.commentRooms ?? DEFAULT_COMMENT_ROOMS;
        this.serverToken = options.serverToken;
        this.isOpenToAll = options.authenticate === undefined;
        this.budget = new InboundBudget(this.limits.maxInboundBytes);
        this.commits = new CommitBeat(this.log, this.limits, (failure) => this.reportLog(failure));
        this.beat = new Beat(this.limits, this.now);
        this.roomHost = {
            limits: this.limits,
            log: this.log,
            commits: this.commits,
            now: this.now,
            scheduleFlush: (room) => this.beat.schedule(room),
            schedulePresence: (room, atOnce) => this.beat.schedulePresence(room, atOnce),
            onEmpty: () => undefined,
            onChange: (room, update) => this.changed(room, update),
            onPresence: updateRoster,
            counters: { updates: 0, refused: 0, frames: 0, flushes: 0, presenceFrames: 0 },
        };
        this.rooms = new RoomRegistry(this.roomHost);
        this.relay = new RelayChannels({ limits: this.limits, now: this.now });
        this.documents = new DocumentStore(this);
        this.byAddress = new KeyedBuckets(this.limits.connectionsPerSecond, this.limits.connectionBurst);
        this.bySubject = new KeyedBuckets(this.limits.connectionsPerSecond, this.limits.connectionBurst);
        this.refusals = new KeyedBuckets(1 / 30, 1);
        this.feed =
            options.revocations &&
            new RevocationFeed({
                ...options.revocations,
                logger: this.logger,
                now: this.now,
                onRevocation: (revocation) => void this.revoke(revocation),
            });
    }

    get authenticate(): Authenticate {
        return this.options.authenticate ?? authenticateNobody;
    }

    get isWritable(): boolean {
        return this.commits.uncommittedBytes <= this.limits.maxUncommittedBytes;
    }

    /** What keeps the server from being ready; `undefined` when it is. */
    get problem(): string | undefined {
        if (this.draining) {
            return 'shutting down';
        }
        if (this.commits.failure) {
            return 'the log cannot be written';
        }
        return this.feed && !this.feed.isAlive ? 'the feed of revocations is lost' : undefined;
    }

    enforcesExpiry(fromGateway: boolean): boolean {
        return !(fromGateway && this.feed);
    }

    /** Begins to follow revocations and prepares the HTTP side. */
    async start(): Promise<void> {
        this.feed?.start();
        this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
        this.app = await buildApp(this);
        await this.app.ready();
    }

    /** Serves one HTTP request. */
    handleRequest(request: IncomingMessage, response: ServerResponse): void {
        if (!this.app) {
            response.writeHead(503).end();
            return;
        }
        if (!this.strip(request)) {
            response.writeHead(404).end();
            return;
        }
        this.app.routing(request, response);
    }

    /** Serves one upgrade. The caller has decided that it is for us. */
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
        socket.on('error', () => socket.destroy());
        this.upgrade(request, socket, head).catch((error: unknown) => {
            this.logger.error({ error }, 'an upgrade failed');
            socket.destroy();
        });
    }

    /** Closes every socket of what was revoked, at once. Returns how many. */
    revoke(revocation: Pick<Revocation, 'kind' | 'id' | 'expired' | 'reason'>): number {
        let closed = 0;
        const code = revocation.expired ? CLOSE_CODES.expired : CLOSE_CODES.signedOut;
        for (const session of [...this.sessions]) {
            for (const identity of session.identities()) {
                if (isRevokedBy(identity, revocation)) {
                    session.connection.close(code, revocation.reason);
                    closed++;
                    break;
                }
            }
        }
        this.counters.revoked += closed;
        return closed;
    }

    /** The session a member belongs to. */
    sessionOf(member: Member): Session | undefined {
        for (const session of this.sessions) {
            if (session.connection === member.connection) {
                return session;
            }
        }
        return undefined;
    }

    /** Tells everyone to come back later, stores what is left, and closes the log. @throws when edits could not be stored */
    close(): Promise<void> {
        this.closing ??= this.shutDown();
        return this.closing;
    }

    private async shutDown(): Promise<void> {
        this.draining = true;
        clearInterval(this.sweeper);
        this.feed?.stop();
        this.beat.flush();
        try {
            // What arrived is stored and acknowledged before anybody is sent away.
            await this.commits.drain(this.limits.drainMs + 5_000);
        } finally {
            this.beat.stop();
            for (const session of [...this.sessions]) {
                const afterMs = Math.round(Math.random() * this.limits.reconnectSpreadMs);
                session.connection.close(CLOSE_CODES.serviceRestart, `reconnect after ${afterMs} ms`);
            }
            await this.whenGone();
            this.commits.stop();
            await this.app?.close();
            await this.documents.close();
            await this.log.close();
        }
    }

    private async whenGone(): Promise<void> {
        const deadline = performance.now() + this.limits.drainMs;
        while (this.openSockets.size > 0 && performance.now() < deadline) {
            await new Promise((resolve) => setTimeout(resolve, 20));
        }
        for (const socket of this.openSockets) {
            socket.destroy();
        }
    }

    private readonly openSockets = new Set<Duplex>();

    private strip(request: IncomingMessage): boolean {
        const { basePath } = this.options;
        if (basePath === undefined) {
            return true;
        }
        const url = request.url ?? '/';
        if (!url.startsWith(basePath)) {
            return false;
        }
        request.url = url.slice(basePath.length) || '/';
        return true;
    }

    private async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
        if (!this.strip(request) || !URL.canParse(request.url ?? '/', 'http://x')) {
            return this.refuse(socket, 404, 'There is nothing here.');
        }
        const url = new URL(request.url ?? '/', 'http://x');
        const target = readTarget(url);
        if (target === undefined) {
            return this.refuse(socket, 404, 'Connect to /y/<room>, /hocuspocus or /relay/<channel>.');
        }
        if (this.draining) {
            return this.refuse(socket, 503, 'The server is shutting down.', { 'Retry-After': '2' });
        }
        if (this.isOpenToAll && !isLocalRequest(request)) {
            return this.refuse(socket, 403, 'Without authentication only this machine is served.');
        }
        const address = request.socket.remoteAddress ?? '';
        const { token, fromGateway, protocol } = readUpgradeToken(request, url);
        // Behind a gateway all come from one address; who they are tells them apart.
        if (!fromGateway && !this.byAddress.tryTake(address, this.now())) {
            return this.refuse(socket, 429, 'Too many connections from this address.', { 'Retry-After': '2' });
        }
        if (this.feed && !this.feed.isAlive) {
            return this.refuse(socket, 503, 'Revocations cannot be heard right now.', { 'Retry-After': '5' });
        }
        const inBand = target.kind === 'hocuspocus' && token === undefined && !this.isOpenToAll;
        let identity: Identity | undefined;
        let denied: AuthenticationError | undefined;
        if (!inBand) {
            try {
                identity = await this.authenticate(token);
                if (target.kind !== 'hocuspocus') {
                    const access = accessTo(identity, target.room);
                    if (access === undefined) {
                        throw new AuthenticationError(CLOSE_CODES.denied, `this token is not for ${target.room}`);
                    }
                    await this.hooks.authenticate({ room: target.room, subject: identity.subject, access });
                }
                if (!this.isOpenToAll && !this.bySubject.tryTake(identity.subject, this.now())) {
                    return this.refuse(socket, 429, 'Too many connections of this person.', { 'Retry-After': '2' });
                }
            } catch (error) {
                denied =
                    error instanceof AuthenticationError
                        ? error
                        : new AuthenticationError(CLOSE_CODES.denied, error instanceof Error ? error.message : 'refused');
            }
        }
        if (socket.destroyed || !acceptHandshake(request, socket, protocol)) {
            return;
        }
        this.counters.upgrades++;
        const connection = new Connection(socket, {
            limits: this.limits,
            budget: this.budget,
            now: this.now,
            maxMessageBytes: identity ? this.limits.maxMessageBytes : this.limits.maxBytesBeforeAuth,
        });
        this.openSockets.add(socket);
        socket.once('close', () => this.openSockets.delete(socket));
        if (denied) {
            await this.turnAway(connection, `${address} ${token ?? ''}`, denied);
            return;
        }
        await this.open(connection, target, identity, this.enforcesExpiry(fromGateway), head);
    }

    /** Old stock clients come back within 100 ms for ever; the answer to a repeated try takes its time. */
    private async turnAway(connection: Connection, key: string, denied: AuthenticationError): Promise<void> {
        this.counters.refusedUpgrades++;
        if (!this.refusals.tryTake(key, this.now())) {
            await new Promise((resolve) => setTimeout(resolve, REFUSAL_DELAY_MS));
        }
        connection.close(denied.closeCode, denied.message);
    }

    private async open(connection: Connection, target: Target, identity: Identity | undefined, expires: boolean, head: Buffer): Promise<void> {
        if (target.kind === 'hocuspocus') {
            const upgrade = identity && { identity, expires };
            const session: HocuspocusSession = new HocuspocusSession({ host: this, connection, upgrade, onEnd: () => this.ended(session) });
            this.sessions.add(session);
            connection.attach(session, head);
            return;
        }
        if (!identity) {
            return;
        }
        if (target.kind === 'relay') {
            const session = this.relay.join(connection, target.room, identity, expires, (ended) => this.ended(ended));
            if (session) {
                this.sessions.add(session);
                connection.attach(session, head);
            }
            return;
        }
        let room: Room;
        try {
            room = await this.rooms.acquire(target.room);
        } catch (error) {
            this.logger.error({ error, room: target.room }, 'a room could not be loaded');
            connection.close(CLOSE_CODES.transient, 'the document cannot be loaded right now');
            return;
        }
        if (!connection.isOpen) {
            return;
        }
        const session: YSession = new YSession({ host: this, connection, room, identity, expires, onEnd: () => this.ended(session) });
        this.sessions.add(session);
        connection.attach(session, head);
    }

    private ended(session: Session): void {
        this.sessions.delete(session);
    }

    private refuse(socket: Duplex, status: number, message: string, headers?: Record<string, string>): void {
        this.counters.refusedUpgrades++;
        refuseUpgrade(socket, status, message, headers);
    }

    private changed(room: Room, update: Uint8Array): void {
        if (this.hooks.hasChange) {
            this.hooks.change({ room: room.name, update });
        }
    }

    private reportLog(failure: Error | undefined): void {
        if (failure) {
            this.logger.error({ error: failure }, 'the log cannot be written; edits are kept in memory and not acknowledged');
        } else {
            this.logger.info('the log can be written again');
        }
    }

    private sweep(): void {
        const now = this.now();
        for (const session of [...this.sessions]) {
            const { connection } = session;
            connection.checkLiveness(now);
            session.checkExpiry(now);
            if (now - connection.lastSentAt >= this.limits.keepAliveMs) {
                session.keepAlive();
                connection.ping();
            } else if (now - connection.lastReceivedAt >= this.limits.keepAliveMs) {
                connection.ping();
            }
        }
        this.memoryBytes = this.rooms.sweep();
    }
}

type Target = { readonly kind: 'hocuspocus' } | { readonly kind: 'y' | 'relay'; readonly room: string };

/** What an upgrade is for, from its path. */
function readTarget(url: URL): Target | undefined {
    if (url.pathname === '/hocuspocus' || url.pathname === '/hocuspocus/') {
        return { kind: 'hocuspocus' };
    }
    const match = /^\/(y|relay)\/(.+)$/.exec(url.pathname);
    if (!match) {
        return undefined;
    }
    let room: string;
    try {
        room = decodeURIComponent(match[2] as string);
    } catch {
        return undefined;
    }
    if (room.includes('\0') || Buffer.byteLength(room) > MAX_ROOM_NAME_BYTES) {
        return undefined;
    }
    return { kind: match[1] as 'y' | 'relay', room };
}

/** Creates the service; call `start` before you give it anything. */
export function createCollabService(options: CollabServiceOptions): CollabService {
    return new CollabService(options);
}
