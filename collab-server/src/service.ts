import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, type Revocation } from '@tandem/protocol';
import { createLogger, type Logger } from '@tandem/server-kit';
import type { FastifyInstance } from 'fastify';
import { authenticateNobody, type Authenticate } from './auth/authenticator.ts';
import { isRevokedBy } from './auth/identity.ts';
import { RevocationFeed } from './auth/revocation-feed.ts';
import { DocumentStore } from './documents/document-store.ts';
import { Hooks, type HookListeners } from './hooks/hooks.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { CommitBeat } from './log/commit-beat.ts';
import type { UpdateLog } from './log/update-log.ts';
import { refuseUpgrade } from './net/connection.ts';
import { RelayChannels } from './relay/relay-channels.ts';
import { Beat } from './room/beat.ts';
import type { Member } from './room/member.ts';
import { Replicas } from './room/replicas.ts';
import { RoomRegistry } from './room/room-registry.ts';
import type { Room, RoomHost } from './room/room.ts';
import { Admission } from './session/admission.ts';
import { updateRoster } from './session/roster.ts';
import type { Session, SessionHost } from './session/session-host.ts';

export interface CollabServiceOptions {
    /** Where documents live. Closed by `close`. */
    readonly log: UpdateLog;
    /** Absent: nobody is asked who they are, and only this machine is served. */
    readonly authenticate?: Authenticate;
    /** Feed of revocations; while it is lost, nobody new comes in. */
    readonly revocations?: { readonly url: string; readonly token?: string | undefined };
    /** Whoever embeds the service calls `revoke` itself, which then counts as a feed. */
    readonly revokedByCaller?: boolean;
    /** Bearer token of the HTTP API. Absent with authentication: the API is off. */
    readonly serverToken?: string | undefined;
    /** Rooms in which `comment` may write. */
    readonly commentRooms?: readonly string[];
    /** Path in front of everything. */
    readonly basePath?: string;
    readonly limits?: Partial<Limits>;
    readonly hooks?: readonly HookListeners[];
    readonly logger?: Logger;
    /** Milliseconds of a clock that never jumps, for durations. */
    readonly now?: () => number;
    /** Milliseconds since the epoch, for the ends of tokens. */
    readonly wallClock?: () => number;
}

const SWEEP_MS = 1_000;
const DEFAULT_COMMENT_ROOMS = ['w/*/threads', 'r/*'];

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
    private readonly replicas: Replicas;
    private readonly options: CollabServiceOptions;
    readonly sessions = new Set<Session>();
    /** Sockets that are not gone yet, closing ones included. */
    readonly openSockets = new Set<Duplex>();
    private readonly admission: Admission;
    private readonly feed: RevocationFeed | undefined;
    private app: Promise<FastifyInstance> | undefined;
    private sweeper: NodeJS.Timeout | undefined;
    private draining = false;
    private closing: Promise<void> | undefined;
    memoryBytes = 0;

    constructor(options: CollabServiceOptions) {
        this.options = options;
        this.limits = { ...DEFAULT_LIMITS, ...options.limits };
        this.logger = options.logger ?? createLogger({ name: 'collab' });
        // Clocks of machines are set back and forth; nobody is to be thrown out or held up by that.
        this.now = options.now ?? (() => performance.now());
        this.log = options.log;
        this.hooks = new Hooks(options.hooks ?? []);
        this.commentRooms = options.commentRooms ?? DEFAULT_COMMENT_ROOMS;
        this.serverToken = options.serverToken;
        this.isOpenToAll = options.authenticate === undefined;
        this.commits = new CommitBeat(this.log, this.limits, (failure) => this.reportLog(failure));
        if (this.hooks.hasStore) {
            this.commits.onCommitted = (updates) => {
                for (const [room, list] of updates) {
                    this.hooks.store({ room, bytes: list.reduce((sum, update) => sum + update.length, 0) });
                }
            };
        }
        this.beat = new Beat(this.limits, this.now);
        this.roomHost = {
            limits: this.limits,
            log: this.log,
            commits: this.commits,
            now: this.now,
            scheduleFlush: (room) => this.beat.schedule(room),
            schedulePresence: (room, atOnce) => this.beat.schedulePresence(room, atOnce),
            onOpen: (room) => {
                this.hooks.load({ room: room.name, bytes: room.state.byteLength });
                this.replicas.opened(room);
            },
            onLeave: (room, member) => this.hooks.disconnect({ room: room.name, subject: member.subject, remaining: room.members.size }),
            onChange: (room, update) => this.changed(room, update),
            onPresence: (room) => {
                this.replicas.presence(room);
                updateRoster(room);
            },
            counters: { updates: 0, refused: 0, frames: 0, flushes: 0, presenceFrames: 0 },
        };
        this.rooms = new RoomRegistry(this.roomHost);
        this.replicas = new Replicas({
            log: this.log,
            rooms: this.rooms,
            host: this.roomHost,
            logger: this.logger,
            closeMembers: (room, reason) => this.documents.reset(room, reason),
        });
        this.relay = new RelayChannels({ limits: this.limits, now: this.now });
        this.documents = new DocumentStore(this);
        this.admission = new Admission(this);
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

    get isDraining(): boolean {
        return this.draining;
    }

    /** Whether revocations are heard, or none are to be. */
    get hearsRevocations(): boolean {
        return this.feed === undefined || this.feed.isAlive;
    }

    /** What keeps the server from being ready; `undefined` when it is. */
    get problem(): string | undefined {
        if (this.draining) {
            return 'shutting down';
        }
        if (this.commits.failure) {
            return 'the log cannot be written';
        }
        return !this.hearsRevocations ? 'the feed of revocations is lost' : undefined;
    }

    enforcesExpiry(fromGateway: boolean): boolean {
        return !(fromGateway && (this.feed !== undefined || this.options.revokedByCaller === true));
    }

    /** Begins to follow revocations. */
    start(): Promise<void> {
        this.feed?.start();
        this.sweeper = setInterval(() => this.sweep(), SWEEP_MS);
        return Promise.resolve();
    }

    /** Serves one HTTP request. */
    handleRequest(request: IncomingMessage, response: ServerResponse): void {
        if (!this.strip(request)) {
            response.writeHead(404).end();
            return;
        }
        this.app ??= this.openApp();
        this.app.then(
            (app) => app.routing(request, response),
            (error: unknown) => {
                this.logger.error({ error }, 'the HTTP side could not be started');
                response.writeHead(503).end();
            },
        );
    }

    /** The HTTP side is a quarter of the memory of an idle server, and of the time it takes to start: it waits for its first request. */
    private async openApp(): Promise<FastifyInstance> {
        const { buildApp } = await import('./http/build-app.ts');
        const app = await buildApp(this);
        await app.ready();
        return app;
    }

    /** Serves one upgrade. The caller has decided that it is for us. */
    handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
        socket.on('error', () => socket.destroy());
        const admitted = this.strip(request)
            ? this.admission.admit(request, socket, head)
            : Promise.resolve(refuseUpgrade(socket, 404, 'There is nothing here.'));
        admitted.catch((error: unknown) => {
            this.logger.error({ error }, 'an upgrade failed');
            socket.destroy();
        });
    }

    /**
     * The service as a Fastify plugin: HTTP below the plugin's prefix, upgrades through the app's own server. The service
     * is started by `ready` and closed with the app. Give `basePath` the same value as the prefix.
     */
    readonly fastifyPlugin = async (app: FastifyInstance): Promise<void> => {
        await this.start();
        app.server.on('upgrade', (request, socket, head) => this.handleUpgrade(request, socket, head));
        // Bodies are read by our own routes: here they stay in the request.
        app.removeAllContentTypeParsers();
        app.addContentTypeParser('*', (_request, _payload, done) => done(null));
        app.all('/*', (request, reply) => {
            void reply.hijack();
            this.handleRequest(request.raw, reply.raw);
        });
        app.addHook('onClose', () => this.close());
    };

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
            await (await this.app)?.close();
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
        const wallClock = (this.options.wallClock ?? Date.now)();
        for (const session of [...this.sessions]) {
            const { connection } = session;
            connection.checkLiveness(now);
            session.checkExpiry(wallClock);
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

/** Creates the service; call `start` before you give it anything. */
export function createCollabService(options: CollabServiceOptions): CollabService {
    return new CollabService(options);
}
