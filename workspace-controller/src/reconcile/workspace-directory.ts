import { POOL_LABEL, type ControllerMessage, type Workspace } from '@tandem/protocol';
import { AppError, Emitter, type Clock } from '@tandem/server-kit';
import type { WorkspaceDirectory, WorkspaceEntry } from '../events.ts';
import type { Endpoint } from '../runtime/workspace-runtime.ts';
import type { Informer } from '../store/informer.ts';

export interface MemoryDirectoryOptions {
    informer: Informer;
    clock: Clock;
    send: (uid: string, message: ControllerMessage) => boolean;
    /** Asks for the workspace to run. */
    wake: (workspace: Workspace) => Promise<void>;
}

/** Claimed workspaces by name and uid, with the address of those that can be used. */
export class MemoryDirectory implements WorkspaceDirectory {
    private readonly options: MemoryDirectoryOptions;
    private readonly byNames = new Map<string, Workspace>();
    private readonly byUids = new Map<string, Workspace>();
    private readonly endpoints = new Map<string, Endpoint>();
    private readonly changed = new Emitter<string>();

    constructor(options: MemoryDirectoryOptions) {
        this.options = options;
        options.informer.onDidChange((event) => {
            if (event.kind !== 'Workspace') {
                return;
            }
            const workspace = event.object as Workspace;
            const { name, uid, labels } = workspace.metadata;
            if (event.type === 'deleted') {
                if (this.byNames.get(name)?.metadata.uid === uid) {
                    this.byNames.delete(name);
                }
                this.byUids.delete(uid);
                this.endpoints.delete(uid);
            } else if (labels[POOL_LABEL] === undefined) {
                this.byNames.set(name, workspace);
                this.byUids.set(uid, workspace);
            }
            this.changed.fire(uid);
        });
    }

    byName(name: string): WorkspaceEntry | undefined {
        return this.entry(this.byNames.get(name));
    }

    byUid(uid: string): WorkspaceEntry | undefined {
        return this.entry(this.byUids.get(uid));
    }

    send(uid: string, message: ControllerMessage): boolean {
        return this.options.send(uid, message);
    }

    /** Set by the reconciler alone. */
    setEndpoint(uid: string, endpoint: Endpoint | undefined): void {
        if (endpoint === undefined) {
            this.endpoints.delete(uid);
        } else {
            this.endpoints.set(uid, endpoint);
        }
        this.changed.fire(uid);
    }

    async whenRunning(name: string, { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal }): Promise<WorkspaceEntry> {
        const first = this.required(name);
        if (first.endpoint !== undefined) {
            return first;
        }
        if (first.workspace.spec.operatingMode === 'Hibernated') {
            await this.options.wake(first.workspace);
        }
        return new Promise((resolve, reject) => {
            const check = (): void => {
                const entry = this.byName(name);
                if (entry === undefined) {
                    end(() => reject(new AppError('not-found', `The workspace "${name}" does not exist any more.`)));
                } else if (entry.endpoint !== undefined) {
                    end(() => resolve(entry));
                } else if (['failed', 'needs-attention'].includes(entry.workspace.status.state)) {
                    end(() =>
                        reject(new AppError('workspace-not-running', entry.workspace.status.reason ?? 'The workspace does not start.')),
                    );
                }
            };
            const listening = this.changed.event((uid) => {
                if (uid === first.workspace.metadata.uid) {
                    check();
                }
            });
            const timer = this.options.clock.setTimeout(() => {
                const state = this.byName(name)?.workspace.status;
                const why = state?.reason ?? `It is ${state?.state ?? 'gone'}.`;
                end(() => reject(new AppError('workspace-not-running', `The workspace "${name}" is not there yet. ${why}`)));
            }, timeoutMs);
            const onAbort = (): void => end(() => reject(new AppError('unavailable', 'The request was given up.')));
            const end = (settle: () => void): void => {
                listening.dispose();
                timer.cancel();
                signal?.removeEventListener('abort', onAbort);
                settle();
            };
            signal?.addEventListener('abort', onAbort, { once: true });
            check();
        });
    }

    private required(name: string): WorkspaceEntry {
        const entry = this.byName(name);
        if (entry === undefined) {
            throw new AppError('not-found', `There is no workspace "${name}".`);
        }
        return entry;
    }

    private entry(workspace: Workspace | undefined): WorkspaceEntry | undefined {
        return (
            workspace && {
                workspace,
                endpoint: this.endpoints.get(workspace.metadata.uid),
                generation: workspace.status.claim?.generation ?? 0,
            }
        );
    }
}
