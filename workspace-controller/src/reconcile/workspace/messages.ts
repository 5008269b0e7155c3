import { randomUUID } from 'node:crypto';
import { INSTALL_NAMESPACE, type ControllerMessage, type Workspace, type WorkspaceTemplate } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { PlaneContext } from '../plane-context.ts';

type Context = Pick<PlaneContext, 'informer' | 'portalUrl' | 'sshKnownHosts'>;
type Message<Type extends ControllerMessage['type']> = Extract<ControllerMessage, { type: Type }>;

export const templateOf = ({ informer }: Pick<PlaneContext, 'informer'>, { spec }: Workspace): WorkspaceTemplate | undefined =>
    informer.get('WorkspaceTemplate', INSTALL_NAMESPACE, spec.templateRef);

/** Tells a boot whose it is. @throws AppError `not-found` when the owner does not exist */
export function activation(context: Context, workspace: Workspace, generation: number, bootId: string): Message<'activate'> {
    const owner = context.informer.get('User', INSTALL_NAMESPACE, workspace.spec.owner);
    if (owner === undefined) {
        throw new AppError('not-found', `The owner "${workspace.spec.owner}" of ${workspace.metadata.name} does not exist.`);
    }
    const template = templateOf(context, workspace);
    const { name, uid, namespace } = workspace.metadata;
    return {
        type: 'activate',
        id: randomUUID(),
        claimUid: workspace.status.claim!.uid,
        generation,
        bootId,
        workspace: {
            name,
            uid,
            namespace,
            displayName: workspace.spec.displayName,
            templateName: template?.spec.displayName ?? workspace.spec.templateRef,
        },
        owner: { name: owner.metadata.name, displayName: owner.spec.displayName, email: owner.spec.email },
        git: owner.spec.git ?? { name: owner.spec.displayName, email: owner.spec.email },
        environment: template?.spec.environment ?? {},
        portalUrl: context.portalUrl,
        ...(context.sshKnownHosts === undefined ? {} : { sshKnownHosts: context.sshKnownHosts }),
    };
}

/** Tells a boot which sources to put in place. */
export function preparation(context: Context, workspace: Workspace): Message<'prepare'> {
    const template = templateOf(context, workspace)?.spec;
    const owner = context.informer.get('User', INSTALL_NAMESPACE, workspace.spec.owner);
    const source = workspace.spec.source ?? template?.source;
    return {
        type: 'prepare',
        id: randomUUID(),
        ...(source === undefined ? {} : { source }),
        ...(owner?.spec.dotfiles === undefined ? {} : { dotfiles: owner.spec.dotfiles }),
        ...(template?.prepareCommand === undefined ? {} : { prepareCommand: template.prepareCommand }),
    };
}
