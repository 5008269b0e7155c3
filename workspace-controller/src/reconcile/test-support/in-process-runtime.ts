import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { CONTROL_PATH, type ControllerMessage, type WorkspaceMessage } from '@tandem/protocol';
import { Emitter } from '@tandem/server-kit';
import type { Boot, InstanceSpec, InstanceState, WorkspaceRuntime } from '../../runtime/workspace-runtime.ts';

/** What lies on a volume, and what ever happened to it. */
export interface TestVolume {
    claim: { uid: string; generation: number; owner: string; bootId: string } | undefined;
    prepared: boolean;
    /** Everybody it was ever activated for. */
    owners: Set<string>;
    boots: number;
    /** What the controller said to it. */
    heard: ControllerMessage[];
}

interface Running {
    boot: Boot;
    server: Server;
    listening: boolean;
    socket: WebSocket | undefined;
}

/**
 * Workspaces as servers in the test's own process, which outlive any number of controllers: fast enough to try hundreds
 * of orders of events. They speak the real control channel and guard their claim like the real agent.
 */
export class InProcessRuntime implements WorkspaceRuntime {
    readonly isolated = true;
    readonly volumes = new Map<string, TestVolume>();
    private readonly directory: string;
    private readonly running = new Map<string, Running>();
    private readonly crashed = new Set<string>();
    private readonly emitter = new Emitter<string>();
    private readonly messages = new Emitter<string>();
    private sockets = 0;

    constructor(directory: string) {
        this.directory = directory;
    }

    bringForward(): void {
        // They are all one process.
    }

    async start({ uid }: InstanceSpec): Promise<Boot> {
        const known = this.running.get(uid);
        if (known) {
            return known.boot;
        }
        const volume = this.volumes.get(uid) ?? { claim: undefined, prepared: false, owners: new Set(), boots: 0, heard: [] };
        volume.boots++;
        this.volumes.set(uid, volume);
        const boot: Boot = {
            bootId: randomUUID(),
            endpoint: { socketPath: join(this.directory, `${++this.sockets}.sock`) },
            describe: uid,
        };
        const server = createServer((_request, response) => response.end(volume.claim?.owner ?? ''));
        server.setMaxListeners(0);
        const entry: Running = { boot, server, listening: false, socket: undefined };
        this.running.set(uid, entry);
        this.crashed.delete(uid);
        new WebSocketServer({ server, path: CONTROL_PATH }).on('connection', (socket) => this.serve(uid, volume, boot, socket));
        server.listen((boot.endpoint as { socketPath: string }).socketPath, () => {
            entry.listening = true;
            this.emitter.fire(uid);
        });
        return boot;
    }

    async observe(uid: string): Promise<InstanceState> {
        const entry = this.running.get(uid);
        if (entry) {
            return { phase: entry.listening ? 'started' : 'starting', boot: entry.boot };
        }
        if (this.crashed.has(uid)) {
            return { phase: 'crashed', exit: 'exit code 1', logTail: '' };
        }
        return { phase: this.volumes.has(uid) ? 'stopped' : 'absent' };
    }

    async list(): Promise<string[]> {
        return [...this.volumes.keys()];
    }

    async stop(uid: string): Promise<void> {
        this.crashed.delete(uid);
        await this.end(uid);
    }

    async destroy(uid: string): Promise<void> {
        await this.stop(uid);
        if (this.volumes.delete(uid)) {
            this.emitter.fire(uid);
        }
    }

    /** The backend ends without being asked to. */
    async crash(uid: string): Promise<void> {
        if (this.running.has(uid)) {
            this.crashed.add(uid);
            await this.end(uid);
        }
    }

    /** The workspace says something to its controller. */
    say(uid: string, message: WorkspaceMessage): void {
        this.running.get(uid)!.socket!.send(JSON.stringify(message));
    }

    /** Resolves with the first message of that kind that this workspace hears or has heard. */
    async untilHeard(uid: string, like: (message: ControllerMessage) => boolean): Promise<ControllerMessage> {
        for (;;) {
            const found = this.volumes.get(uid)?.heard.find(like);
            if (found !== undefined) {
                return found;
            }
            await new Promise<void>((resolve) => {
                const listening = this.messages.event(() => {
                    listening.dispose();
                    resolve();
                });
            });
        }
    }

    async log(): Promise<string> {
        return '';
    }

    async listeningPorts(): Promise<{ port: number; process: string }[]> {
        return [];
    }

    onDidChange(listener: (uid: string) => void) {
        return this.emitter.event(listener);
    }

    async close(): Promise<void> {
        await Promise.all([...this.running.keys()].map((uid) => this.end(uid)));
    }

    private async end(uid: string): Promise<void> {
        const entry = this.running.get(uid);
        if (!entry) {
            return;
        }
        this.running.delete(uid);
        if (!entry.listening) {
            await once(entry.server, 'listening');
        }
        const closed = once(entry.server, 'close');
        entry.server.close();
        entry.server.closeAllConnections();
        entry.server.emit('tandem-end');
        await closed;
        this.emitter.fire(uid);
    }

    private serve(uid: string, volume: TestVolume, boot: Boot, socket: WebSocket): void {
        const send = (message: WorkspaceMessage): void => socket.send(JSON.stringify(message));
        const entry = this.running.get(uid);
        if (entry?.boot !== boot) {
            socket.terminate();
            return;
        }
        entry.socket = socket;
        entry.server.once('tandem-end', () => socket.terminate());
        const { claim, prepared } = volume;
        send({ type: 'hello', bootId: boot.bootId, pid: process.pid, version: 'test', prepared, ...(claim && { claim }) });
        socket.on('message', (data) => {
            const message = JSON.parse(String(data)) as ControllerMessage;
            volume.heard.push(message);
            this.messages.fire(uid);
            if (message.type === 'activate') {
                const kept = volume.claim;
                const stale =
                    kept !== undefined &&
                    (message.generation < kept.generation || (message.generation === kept.generation && message.claimUid !== kept.uid));
                if (stale) {
                    send({ type: 'refused', id: message.id, code: 'stale-generation', reason: `older than ${kept.generation}` });
                    return;
                }
                volume.owners.add(message.owner.name);
                volume.claim = {
                    uid: message.claimUid,
                    generation: message.generation,
                    owner: message.owner.name,
                    bootId: message.bootId,
                };
                send({ type: 'activated', id: message.id, generation: message.generation });
            } else if (message.type === 'prepare') {
                volume.prepared = true;
                send({ type: 'prepared', id: message.id });
            } else if (message.type === 'stop') {
                void this.stop(uid);
            }
        });
    }
}
