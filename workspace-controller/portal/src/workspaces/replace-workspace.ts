import type { Workspace } from '@tandem/protocol';
import type { QueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.ts';
import type { Listed } from '../live/apply-event.ts';

/**
 * Shows a workspace as it will be.
 *
 * @returns takes it back, unless the server has told of it since
 */
export function replaceWorkspace(client: QueryClient, shown: Workspace): () => void {
    const before = (['mine', 'all'] as const).map((scope) => {
        const key = keys.workspaces(scope);
        const known = client.getQueryData<Listed<Workspace>>(key)?.items.find((item) => item.metadata.uid === shown.metadata.uid);
        exchange(client, key, shown.metadata.uid, () => shown);
        return { key, known };
    });
    return () => {
        for (const { key, known } of before) {
            exchange(client, key, shown.metadata.uid, (now) => (now === shown ? (known ?? now) : now));
        }
    };
}

function exchange(client: QueryClient, key: readonly unknown[], uid: string, change: (workspace: Workspace) => Workspace): void {
    client.setQueryData<Listed<Workspace>>(
        key,
        (list) => list && { ...list, items: list.items.map((item) => (item.metadata.uid === uid ? change(item) : item)) },
    );
}
