import type { Clock, Logger } from '@tandem/server-kit';
import type { AuditSink } from '../audit/audit-sink.ts';
import type { WorkspaceRuntime } from '../runtime/workspace-runtime.ts';
import type { ResourceStore } from '../store/resource-store.ts';
import type { ControlSessions } from './control/control-sessions.ts';
import type { Informer } from '../store/informer.ts';
import type { MemoryDirectory } from './workspace-directory.ts';

/** What the reconcilers work with. */
export interface PlaneContext {
    store: ResourceStore;
    runtime: WorkspaceRuntime;
    informer: Informer;
    sessions: ControlSessions;
    directory: MemoryDirectory;
    audit: Pick<AuditSink, 'append'>;
    clock: Clock;
    logger: Logger;
    portalUrl: string;
    /** Host keys that the administrator trusts, as lines of a `known_hosts` file. */
    sshKnownHosts: string | undefined;
    random: () => number;
    /** Looks at this workspace again, soon. */
    requeue(namespace: string, name: string): void;
    /** A member of this pool ended before it could be claimed. */
    memberFailed(namespace: string, pool: string): void;
}
