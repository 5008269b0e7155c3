import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { CLOSE_CODES, MAX_ROOM_NAME_BYTES } from '@tandem/protocol';
import { AuthenticationError } from '../auth/authenticator.ts';
import { accessTo, type Identity } from '../auth/identity.ts';
import { isLocalRequest } from '../auth/local-only.ts';
import { readUpgradeToken } from '../auth/tokens.ts';
import { Connection, InboundBudget, acceptHandshake, refuseUpgrade } from '../net/connection.ts';
import { KeyedBuckets } from '../net/token-bucket.ts';
import type { Room } from '../room/room.ts';
import type { CollabService } from '../service.ts';
import { HocuspocusSession } from './hocuspocus-session.ts';
import type { Session } from './session-host.ts';
import { YSession } from './y-session.ts';

/** A refused credential is told so at once the first time; the answer to its next try is held back this long. */
const REFUSAL_DELAY_MS = 2_000;

/** From an HTTP upgrade to an open session: rates, identity, room. */
export class Admission {
    private readonly service: CollabService;
    private readonly budget: InboundBudget;
    private readonly byAddress: KeyedBuckets;
    private readonly bySubject: KeyedBuckets;
    private readonly refusals = new KeyedBuckets(1 / 30, 1);

    constructor(service: CollabService) {
        const { limits } = service;
        this.service = service;
        this.budget = new InboundBudget(limits.maxInboundBytes);
        this.byAddress = new KeyedBuckets(limits.connectionsPerSecond, limits.connectionBurst);
        this.bySubject = new KeyedBuckets(limits.connectionsPerSecond, limits.connectionBurst);
    }

    /** Lets an upgrade in, or answers why not. */
    async admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
        const { service } = this;
        if (!URL.canParse(request.url ?? '/', 'http://x')) {
            return this.refuse(socket, 404, 'There is nothing here.');
        }
        const url = new URL(request.url ?? '/', 'http://x');
        const target = readTarget(url);
        if (target === undefined) {
            return this.refuse(socket, 404, 'Connect to /y/<room>, /hocuspocus or /relay/<channel>.');
        }
        if (service.isDraining) {
            return this.refuse(socket, 503, 'The server is shutting down.', { 'Retry-After': '2' });
        }
        if (service.isOpenToAll && !isLocalRequest(request)) {
            return this.refuse(socket, 403, 'Without authentication only this machine is served.');
        }
        const address = request.socket.remoteAddress ?? '';
        const { token, fromGateway, protocol } = readUpgradeToken(request, url);
        // Behind a gateway all come from one address; who they are tells them apart.
        if (!fromGateway && !this.byAddress.tryTake(address, service.now())) {
            return this.refuse(socket, 429, 'Too many connections from this address.', { 'Retry-After': '2' });
        }
        if (!service.hearsRevocations) {
            return this.refuse(socket, 503, 'Revocations cannot be heard right now.', { 'Retry-After': '5' });
        }
        const inBand = target.kind === 'hocuspocus' && token === undefined && !service.isOpenToAll;
        let identity: Identity | undefined;
        let denied: AuthenticationError | undefined;
        if (!inBand) {
            try {
                identity = await service.authenticate(token);
                if (target.kind !== 'hocuspocus') {
                    const access = accessTo(identity, target.room);
                    if (access === undefined) {
                        throw new AuthenticationError(CLOSE_CODES.denied, `this token is not for ${target.room}`);
                    }
                    await service.hooks.authenticate({ room: target.room, subject: identity.subject, access });
                }
                if (!service.isOpenToAll && !this.bySubject.tryTake(identity.subject, service.now())) {
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
        service.counters.upgrades++;
        const connection = new Connection(socket, {
            limits: service.limits,
            budget: this.budget,
            now: service.now,
            maxMessageBytes: identity ? service.limits.maxMessageBytes : service.limits.maxBytesBeforeAuth,
        });
        service.openSockets.add(socket);
        socket.once('close', () => service.openSockets.delete(socket));
        if (denied) {
            await this.turnAway(connection, `${address} ${token ?? ''}`, denied);
            return;
        }
        await this.open(connection, target, identity, service.enforcesExpiry(fromGateway), head);
    }

    /** Old stock clients come back within 100 ms for ever; the answer to a repeated try takes its time. */
    private async turnAway(connection: Connection, key: string, denied: AuthenticationError): Promise<void> {
        const { service } = this;
        service.counters.refusedUpgrades++;
        if (!this.refusals.tryTake(key, service.now())) {
            await new Promise((resolve) => setTimeout(resolve, REFUSAL_DELAY_MS));
        }
        connection.close(denied.closeCode, denied.message);
    }

    private async open(
        connection: Connection,
        target: Target,
        identity: Identity | undefined,
        expires: boolean,
        head: Buffer,
    ): Promise<void> {
        const { service } = this;
        if (target.kind === 'hocuspocus') {
            const upgrade = identity && { identity, expires };
            const session: HocuspocusSession = new HocuspocusSession({
                host: service,
                connection,
                upgrade,
                onEnd: () => this.ended(session),
            });
            service.sessions.add(session);
            connection.attach(session, head);
            return;
        }
        if (!identity) {
            return;
        }
        if (target.kind === 'relay') {
            const session = service.relay.join(connection, target.room, identity, expires, (ended) => this.ended(ended));
            if (session) {
                service.sessions.add(session);
                connection.attach(session, head);
            }
            return;
        }
        let room: Room;
        try {
            room = await service.rooms.acquire(target.room);
        } catch (error) {
            service.logger.error({ error, room: target.room }, 'a room could not be loaded');
            connection.close(CLOSE_CODES.transient, 'the document cannot be loaded right now');
            return;
        }
        if (!connection.isOpen) {
            return;
        }
        const session: YSession = new YSession({ host: service, connection, room, identity, expires, onEnd: () => this.ended(session) });
        service.sessions.add(session);
        connection.attach(session, head);
    }

    private ended(session: Session): void {
        this.service.sessions.delete(session);
    }

    private refuse(socket: Duplex, status: number, message: string, headers?: Record<string, string>): void {
        this.service.counters.refusedUpgrades++;
        refuseUpgrade(socket, status, message, headers);
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
