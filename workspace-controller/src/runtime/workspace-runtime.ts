import type { Disposable } from '@tandem/server-kit';

/** What the gateway dials: a Unix socket on one machine, an address in a cluster. */
export type Endpoint = { socketPath: string } | { host: string; port: number };

/** One start of a workspace's backend. */
export interface Boot {
    /** New for every start. */
    bootId: string;
    endpoint: Endpoint;
    /** How this start is told apart on the machine, for logs. */
    describe: string;
}

export interface InstanceSpec {
    /** Uid of the workspace; folder, process and OS user are derived from it. */
    uid: string;
    /** Host label. */
    name: string;
    memoryMiB: number;
    /** Nobody waits for it yet: it gives way to all others until `bringForward`. */
    background?: boolean;
}

export type InstanceState =
    | { phase: 'absent' }
    | { phase: 'stopped' }
    | { phase: 'starting'; boot: Boot }
    /** Listening and healthy. */
    | { phase: 'started'; boot: Boot }
    /** Ended without being asked to. */
    | { phase: 'crashed'; exit: string; logTail: string };

/**
 * Starts, finds and ends workspaces (local processes · pods). Level-triggered: every call can be repeated, and `observe`
 * tells the truth after a restart of the controller, adopting what still runs.
 */
export interface WorkspaceRuntime {
    /** Makes the volume (once) and starts the backend; returns at once, `observe` tells how it goes. @throws AppError `storage-full`, `unavailable` */
    start(spec: InstanceSpec): Promise<Boot>;
    observe(uid: string): Promise<InstanceState>;
    /** Somebody uses it from now on; without effect on what is not in the background. */
    bringForward(uid: string): void;
    /** All uids that have a volume or a process. */
    list(): Promise<string[]>;
    /** Ends the backend and everything it started; the volume stays. Resolves when nothing of it runs. */
    stop(uid: string, options: { graceMs: number }): Promise<void>;
    /** Ends it and deletes the volume. */
    destroy(uid: string): Promise<void>;
    /** Last lines of the backend's output. */
    log(uid: string, options: { maxBytes: number }): Promise<string>;
    /** TCP ports that processes of this workspace listen on, without the platform's own. */
    listeningPorts(uid: string): Promise<{ port: number; process: string }[]>;
    /** Whether each workspace runs as an OS user (or container) of its own. */
    readonly isolated: boolean;
    /** Called with the uid whenever `observe` may answer differently than before. */
    onDidChange(listener: (uid: string) => void): Disposable;
    close(options: { stopWorkspaces: boolean }): Promise<void>;
}
