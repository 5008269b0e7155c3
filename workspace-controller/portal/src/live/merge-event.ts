import type { ResourceEvent } from '@tandem/api-client';
import { TEAM_NAMESPACE_PREFIX, type AccessGrant, type Workspace } from '@tandem/protocol';
import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.ts';
import { applyEvent, isNewer, type Listed } from './apply-event.ts';

const everything = () => true;

/**
 * Puts one change of the server into everything that the cache holds about it.
 *
 * @param all whether the stream tells of more than I can open
 */
export function mergeEvent(client: QueryClient, event: ResourceEvent, { me, all }: { me: string; all: boolean }): void {
    switch (event.kind) {
        case 'Workspace':
            into<Workspace>(client, keys.workspaces('mine'), event, (workspace) => !all || isMine(client, workspace, me));
            into(client, keys.workspaces('all'), event, everything);
            break;
        case 'WorkspaceTemplate':
            into(client, keys.templates, event, everything);
            break;
        case 'User':
            into(client, keys.users, event, everything);
            if (event.object.metadata.name === me) {
                void client.invalidateQueries({ queryKey: keys.me });
                void client.invalidateQueries({ queryKey: keys.session });
            }
            break;
        case 'Team':
            into(client, keys.teams, event, everything);
            void client.invalidateQueries({ queryKey: keys.session });
            break;
        case 'WorkspacePool':
            into(client, keys.pools(event.object.metadata.namespace.slice(TEAM_NAMESPACE_PREFIX.length)), event, everything);
            break;
        case 'AccessGrant':
            into(client, keys.grants, event, everything);
            break;
    }
}

type ObjectIn<T> = T & { metadata: { uid: string; resourceVersion: string } };

function into<T>(client: QueryClient, key: readonly unknown[], event: ResourceEvent, belongs: (object: ObjectIn<T>) => boolean): void {
    client.setQueryData<Listed<ObjectIn<T>>>(key, (list) => list && applyEvent(list, event, belongs));
}

/** Whether I can open it: it is mine, or a grant lets me in. */
function isMine(client: QueryClient, workspace: Workspace, me: string): boolean {
    if (workspace.spec.owner === me) {
        return true;
    }
    const grants = client.getQueryData<Listed<AccessGrant>>(keys.grants)?.items ?? [];
    return grants.some(
        ({ spec, status }) =>
            spec.subject === me && spec.workspaceRef === workspace.metadata.name && !spec.revoked && status.state === 'active',
    );
}

/** Puts an answer of a changing call where events put theirs, so that the page shows it before the event comes. */
export function mergeWorkspace(client: QueryClient, workspace: Workspace, { created = false } = {}): void {
    for (const scope of ['mine', 'all'] as const) {
        client.setQueryData<Listed<Workspace>>(keys.workspaces(scope), (list) => {
            if (list === undefined) {
                return list;
            }
            const index = list.items.findIndex((item) => item.metadata.uid === workspace.metadata.uid);
            const known = list.items[index];
            if (known === undefined) {
                return created ? { ...list, items: [...list.items, workspace] } : list;
            }
            const current = isNewer(known.metadata.resourceVersion, workspace.metadata.resourceVersion);
            return current ? list : { ...list, items: list.items.with(index, workspace) };
        });
    }
}
