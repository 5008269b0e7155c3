import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { AppError, Emitter, isDiskFull, type Clock, type Disposable, type Logger, type Timer } from '@tandem/server-kit';
import type { Boot, InstanceSpec, InstanceState, WorkspaceRuntime } from '../workspace-runtime.ts';
import { endStrays, killEverything, signal } from './end-processes.ts';
import { Instance } from './instance.ts';
import { readInstanceRecord, writeInstanceRecord, type InstanceRecord } from './instance-record.ts';
import { detectIsolation, type Isolation } from './isolation.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { Launcher, type IdeProgram, type IdentityKeys } from './launcher.ts';
import { portsOfProcesses } from './listening-ports.ts';
import { readTail, rotateLog } from './log-file.ts';
import { detectControlGroups, type ControlGroups } from './memory-limit.ts';
import { bringForward, stepBack } from './priority.ts';
import { StartHold } from './start-hold.ts';
import { OsUsers, removeAccount } from './os-users.ts';
import { isAlive, machineBootId, processesOf, processInfo, type Belonging } from './processes.ts';
import { placeWorkspaces } from './place-workspaces.ts';
import { admitSocket } from './socket-gate.ts';
import { Volumes } from './volume.ts';

export interface LocalRuntimeOptions {
    /** Closed to workspaces; holds them in `workspaces` unless told otherwise. */
    dataDir: string;
    workspacesDir?: string;
    ide: IdeProgram;
    identity: IdentityKeys;
    /** The platform's environment, of which workspaces get next to nothing. */
    environment: NodeJS.ProcessEnv;
    logger: Logger;
    clock: Clock;
    /** For tests; absent: what the machine allows. */
    isolation?: Isolation;
}

const SOCKET_POLL_MS = 25;
const LISTEN_TIMEOUT_MS = 120_000;
const ADOPTED_POLL_MS = 1_000;
const LOG_POLL_MS = 30_000;
const LOG_TAIL_BYTES = 4096;

/** Workspaces as processes and folders of this machine. Adopts those that run already. */
export async function createLocalRuntime(options: LocalRuntimeOptions): Promise<LocalRuntime> {
    const isolation = options.isolation ?? (await detectIsolation());
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
    const root = await placeWorkspaces(options, isolation);
    const volumes = await Volumes.open(root);
    const controlGroups = isolation === 'none' ? undefined : await detectControlGroups(volumes.id);
    const launcher = await Launcher.create({ ...options, isolation, runtimeId: volumes.id, controlGroups });
    const runtime = new LocalRuntime(options, volumes, launcher, controlGroups);
    await runtime.adoptAll();
    options.logger.info({ isolation, memoryLimit: controlGroups ? 'control groups' : 'per process', root }, 'local runtime is ready');
    return runtime;
}

export class LocalRuntime implements WorkspaceRuntime {
    private readonly instances = new Map<string, Instance>();
    private readonly queue = new KeyedQueue();
    private readonly emitter = new Emitter<string>();
    private readonly users: OsUsers;
    private readonly startHold: StartHold;
    private readonly timers = new Set<Timer>();
    private closed = false;
    private readonly options: LocalRuntimeOptions;
    private readonly volumes: Volumes;
    private readonly launcher: Launcher;
    private readonly controlGroups: ControlGroups | undefined;

    constructor(options: LocalRuntimeOptions, volumes: Volumes, launcher: Launcher, controlGroups: ControlGroups | undefined) {
        this.options = options;
        this.volumes = volumes;
        this.launcher = launcher;
        this.controlGroups = controlGroups;
        this.users = new OsUsers(volumes.root);
        this.startHold = new StartHold(options.clock, () => this.startingForNobody());
    }

    get isolated(): boolean {
        return this.launcher.isolation !== 'none';
    }

    /** Where the workspaces' folders are. */
    get workspacesDir(): string {
        return this.volumes.root;
    }

    onDidChange(listener: (uid: string) => void): Disposable {
        return this.emitter.event(listener);
    }

    async list(): Promise<string[]> {
        return this.volumes.uids();
    }

    async observe(uid: string): Promise<InstanceState> {
        const instance = this.instances.get(uid);
        if (instance === undefined) {
            return { phase: existsSync(this.volumes.of(uid).folder) ? 'stopped' : 'absent' };
        }
        return instance.state();
    }

    start(spec: InstanceSpec): Promise<Boot> {
        return this.queue.run(spec.uid, async () => {
            this.assertOpen();
            const running = this.instances.get(spec.uid);
            if (running?.boot !== undefined) {
                return running.boot;
            }
            try {
                return await this.startNow(spec);
            } catch (cause) {
                if (isDiskFull(cause)) {
                    throw new AppError('storage-full', 'The disk that holds the workspaces is full. Free some space and try again.', {
                        cause,
                    });
                }
                throw cause;
            }
        });
    }

    bringForward(uid: string): void {
        const record = this.instances.get(uid)?.record;
        if (record?.background === true) {
            record.background = false;
            bringForward(record);
            this.startHold.hold();
        }
    }

    stop(uid: string, { graceMs }: { graceMs: number }): Promise<void> {
        return this.queue.run(uid, () => this.stopNow(uid, graceMs));
    }

    destroy(uid: string): Promise<void> {
        return this.queue.run(uid, async () => {
            await this.stopNow(uid, 0);
            const record = await readInstanceRecord(this.volumes.of(uid).record);
            if (record?.osUid !== undefined && this.launcher.isolation === 'user') {
                removeAccount(record.osUid);
            }
            await this.volumes.delete(uid);
            await this.controlGroups?.remove(uid);
            if (record?.osUid !== undefined) {
                await this.users.release(record.osUid);
            }
            if (this.instances.delete(uid)) {
                this.emitter.fire(uid);
            }
        });
    }

    async log(uid: string, { maxBytes }: { maxBytes: number }): Promise<string> {
        return readTail(this.volumes.of(uid).log, maxBytes);
    }

    async listeningPorts(uid: string): Promise<{ port: number; process: string }[]> {
        const instance = this.instances.get(uid);
        if (instance?.boot === undefined) {
            return [];
        }
        const processes = await processesOf(this.belonging(instance.record));
        const backend = instance.record.boot?.pid;
        return portsOfProcesses(
            processes.map(({ pid }) => pid),
            (pid, args) => pid === backend || this.launcher.isProgram(args),
        );
    }

    async close({ stopWorkspaces }: { stopWorkspaces: boolean }): Promise<void> {
        if (stopWorkspaces) {
            await Promise.all([...this.instances.keys()].map((uid) => this.stop(uid, { graceMs: 10_000 })));
        }
        this.startHold.release();
        this.closed = true;
        for (const timer of this.timers) {
            timer.cancel();
        }
        await this.queue.idle();
        for (const instance of this.instances.values()) {
            instance.child?.removeAllListeners();
        }
    }

    /** Finds the workspaces of an earlier controller: adopts what runs, ends what was half made or belongs to nothing. */
    async adoptAll(): Promise<void> {
        await this.volumes.sweep();
        const uids = await this.volumes.uids();
        await Promise.all(uids.map((uid) => this.queue.run(uid, () => this.adopt(uid))));
        if (process.platform === 'linux') {
            await endStrays(this.volumes.id, new Set(uids), this.options.logger);
        }
        this.startHold.release();
        this.every(ADOPTED_POLL_MS, () => this.lookAfterAdopted());
        this.every(LOG_POLL_MS, () => this.rotateLogs());
    }

    private startingForNobody(): number[] {
        return [...this.instances.values()]
            .filter(({ phase, record }) => phase === 'starting' && record.background === true)
            .flatMap(({ record }) => record.boot?.pid ?? []);
    }

    private async adopt(uid: string): Promise<void> {
        const volume = this.volumes.of(uid);
        const record = await readInstanceRecord(volume.record);
        if (record === undefined) {
            const osUid = await stat(volume.home).then(
                (info) => (info.uid === process.getuid?.() ? undefined : info.uid),
                () => undefined,
            );
            await killEverything({ osUid, marker: this.markerPairs(uid) });
            return;
        }
        const instance = new Instance(record, volume.socket);
        this.instances.set(uid, instance);
        const { boot } = record;
        if (boot === undefined) {
            return;
        }
        if (boot.machineBootId !== (await machineBootId())) {
            await this.ended(instance, undefined);
        } else if (boot.pid !== undefined && boot.startTime !== undefined && (await isAlive(boot.pid, boot.startTime))) {
            instance.phase = 'starting';
            this.options.logger.info({ workspace: uid, pid: boot.pid }, 'adopted a running workspace');
            if (await admitSocket(volume, record.osUid)) {
                instance.phase = 'started';
            } else {
                void this.awaitSocket(instance, boot.bootId);
            }
        } else {
            // Between the two writes of a start nobody had used it yet: that is no crash.
            const halfMade = boot.pid === undefined || boot.stopRequested === true;
            await killEverything(this.belonging(record));
            await this.ended(instance, halfMade ? undefined : 'ended while no controller was running');
        }
    }

    private async startNow(spec: InstanceSpec): Promise<Boot> {
        const volume = this.volumes.of(spec.uid);
        const earlier = await readInstanceRecord(volume.record);
        const osUid = this.isolated ? (earlier?.osUid ?? (await this.users.allocate())) : undefined;
        const bootId = randomUUID();
        const record: InstanceRecord = { ...spec, osUid, boot: { bootId, machineBootId: await machineBootId() } };
        if (earlier !== undefined) {
            await killEverything(this.belonging(earlier));
        }
        await this.launcher.makeVolume(volume, osUid, earlier === undefined);
        await writeInstanceRecord(volume.record, record);
        const instance = new Instance(record, volume.socket);
        const child = await this.launcher.launch(volume, record, bootId);
        instance.child = child;
        instance.phase = 'starting';
        this.instances.set(spec.uid, instance);
        child.once('error', (error) => this.afterExit(instance, bootId, `could not be started: ${error.message}`));
        child.once('exit', (code, signalName) => {
            this.afterExit(instance, bootId, code === 0 ? undefined : signalName ? `killed by ${signalName}` : `exit code ${code}`);
        });
        child.unref();
        if (child.pid !== undefined) {
            if (spec.background === true) {
                stepBack(child.pid);
            }
            record.boot = { ...record.boot!, pid: child.pid, startTime: (await processInfo(child.pid))?.startTime };
            await writeInstanceRecord(volume.record, record);
        }
        this.options.logger.info({ workspace: spec.uid, pid: child.pid, osUid }, 'started a workspace');
        void this.awaitSocket(instance, bootId);
        this.emitter.fire(spec.uid);
        return instance.boot!;
    }

    private async stopNow(uid: string, graceMs: number): Promise<void> {
        const volume = this.volumes.of(uid);
        const instance = this.instances.get(uid);
        const record = instance?.record ?? (await readInstanceRecord(volume.record));
        if (record === undefined) {
            await killEverything({ marker: this.markerPairs(uid) });
            return;
        }
        const pid = record.boot?.pid;
        if (record.boot !== undefined) {
            await writeInstanceRecord(volume.record, Object.assign(record, { boot: { ...record.boot, stopRequested: true } }));
        }
        if (pid !== undefined && record.boot?.startTime !== undefined && graceMs > 0 && (await isAlive(pid, record.boot.startTime))) {
            signal(pid, 'SIGTERM');
            await this.awaitEnd(pid, record.boot.startTime, graceMs);
        }
        // A start that stands still is still root's, not yet its user's.
        if (pid !== undefined && record.boot?.startTime !== undefined && (await isAlive(pid, record.boot.startTime))) {
            signal(-pid, 'SIGKILL');
        }
        await killEverything(this.belonging(record));
        await this.controlGroups?.remove(uid);
        if (instance !== undefined) {
            await this.ended(instance, undefined);
        }
    }

    private async awaitEnd(pid: number, startTime: string, graceMs: number): Promise<void> {
        const deadline = this.options.clock.now() + graceMs;
        while ((await isAlive(pid, startTime)) && this.options.clock.now() < deadline) {
            await this.pause(SOCKET_POLL_MS);
        }
    }

    /** Turns `starting` into `started` when the backend listens. */
    private async awaitSocket(instance: Instance, bootId: string): Promise<void> {
        const deadline = this.options.clock.now() + LISTEN_TIMEOUT_MS;
        const volume = this.volumes.of(instance.record.uid);
        while (!this.closed && instance.phase === 'starting' && instance.record.boot?.bootId === bootId) {
            if (await admitSocket(volume, instance.record.osUid)) {
                if (instance.phase === 'starting') {
                    instance.phase = 'started';
                    this.emitter.fire(instance.record.uid);
                }
                return;
            }
            if (this.options.clock.now() > deadline) {
                const { boot } = instance.record;
                if (boot?.pid !== undefined && boot.startTime !== undefined && (await isAlive(boot.pid, boot.startTime))) {
                    this.afterExit(instance, bootId, `did not listen within ${LISTEN_TIMEOUT_MS / 1000} s`);
                }
                return;
            }
            await this.pause(SOCKET_POLL_MS);
        }
    }

    private afterExit(instance: Instance, bootId: string, exit: string | undefined): void {
        void this.queue
            .run(instance.record.uid, async () => {
                if (instance.record.boot?.bootId === bootId && !this.closed) {
                    await killEverything(this.belonging(instance.record));
                    await this.ended(instance, instance.record.boot.stopRequested ? undefined : exit);
                }
            })
            .catch((error: unknown) =>
                this.options.logger.error({ error, workspace: instance.record.uid }, 'tidying up after a workspace failed'),
            );
    }

    /** Notes that nothing of it runs any more; `exit` says how when nobody had asked for it. */
    private async ended(instance: Instance, exit: string | undefined): Promise<void> {
        const { uid } = instance.record;
        const volume = this.volumes.of(uid);
        if (exit !== undefined) {
            await killEverything(this.belonging(instance.record));
            this.options.logger.warn({ workspace: uid, exit }, 'a workspace ended without being asked to');
        }
        instance.end(exit, exit === undefined ? '' : await readTail(volume.log, LOG_TAIL_BYTES));
        await writeInstanceRecord(volume.record, instance.record);
        this.emitter.fire(uid);
    }

    private async lookAfterAdopted(): Promise<void> {
        for (const instance of this.instances.values()) {
            const { boot } = instance.record;
            if (instance.child === undefined && boot?.pid !== undefined && !(await isAlive(boot.pid, boot.startTime ?? ''))) {
                this.afterExit(instance, boot.bootId, 'ended unexpectedly');
            }
        }
    }

    private async rotateLogs(): Promise<void> {
        for (const uid of this.instances.keys()) {
            await rotateLog(this.volumes.of(uid).log);
        }
    }

    private every(periodMs: number, task: () => Promise<void>): void {
        const timer = this.options.clock.setTimeout(() => {
            this.timers.delete(timer);
            void task()
                .catch((error: unknown) => this.options.logger.error({ error }, 'looking after the workspaces failed'))
                .finally(() => !this.closed && this.every(periodMs, task));
        }, periodMs);
        this.timers.add(timer);
    }

    private pause(durationMs: number): Promise<void> {
        return new Promise((resume) => void this.options.clock.setTimeout(resume, durationMs));
    }

    private belonging(record: InstanceRecord): Belonging {
        return { osUid: record.osUid, pid: record.boot?.pid, startTime: record.boot?.startTime, marker: this.markerPairs(record.uid) };
    }

    private markerPairs(uid: string): string[] {
        return Object.entries(this.launcher.marker(uid)).map(([name, value]) => `${name}=${value}`);
    }

    private assertOpen(): void {
        if (this.closed) {
            throw new AppError('unavailable', 'The platform is shutting down. Try again when it is back.');
        }
    }
}
