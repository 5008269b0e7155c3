import { INSTALL_NAMESPACE, POOL_LABEL, TEAM_NAMESPACE_PREFIX, type Quota, type Workspace } from '@tandem/protocol';
import { admit, type Admission } from '../../domain/admission.ts';
import type { PlaneContext } from '../plane-context.ts';

const NO_QUOTA: Quota = {};

/** Whether a workspace takes a running place under its quotas. */
const holdsPlace = ({ status, metadata }: Workspace): boolean =>
    status.claim !== undefined && status.state !== 'hibernated' && status.state !== 'queued' && metadata.labels[POOL_LABEL] === undefined;

/** Who may run under the quotas of team and member. What it lets in holds its place before its status says so. */
export class Places {
    private readonly context: Pick<PlaneContext, 'informer'>;
    /** Uids that were let in and whose status does not say so yet. */
    private readonly letIn = new Set<string>();

    /** Members of a pool that a request is just taking over: the next request takes another. */
    readonly beingClaimed = new Set<string>();

    constructor(context: Pick<PlaneContext, 'informer'>) {
        this.context = context;
    }

    /** Whether this workspace may run now; if so, its place is taken at once. */
    ask(workspace: Workspace): Admission {
        const { informer } = this.context;
        const { namespace, uid } = workspace.metadata;
        const peers = informer
            .all('Workspace')
            .filter(({ metadata }) => metadata.namespace === namespace && metadata.labels[POOL_LABEL] === undefined);
        const holding = new Set(peers.filter(holdsPlace).map((candidate) => candidate.metadata.uid));
        if (holding.has(uid)) {
            return { admitted: true };
        }
        this.letIn.forEach((candidate) => holding.add(candidate));
        const team = informer.get('Team', INSTALL_NAMESPACE, namespace.slice(TEAM_NAMESPACE_PREFIX.length))?.spec;
        const quotas = { team: team?.quota ?? NO_QUOTA, member: team?.memberQuota ?? NO_QUOTA };
        const admission = admit(workspace, peers, holding, quotas);
        if (admission.admitted) {
            this.letIn.add(uid);
        }
        return admission;
    }

    /** Its status says it now, or it does not want the place any more. */
    settle(uid: string): void {
        this.letIn.delete(uid);
    }
}
