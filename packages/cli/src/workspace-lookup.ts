import { listAll, type ApiClient } from '@tandem/api-client';
import { TEAM_NAMESPACE_PREFIX, type Workspace } from '@tandem/protocol';
import { CliError, EXIT_CODES } from './exit-codes.ts';

/** Path parameters of a workspace. */
export function paramsOf(workspace: Workspace): { team: string; name: string } {
    return { team: workspace.metadata.namespace.slice(TEAM_NAMESPACE_PREFIX.length), name: workspace.metadata.name };
}

/**
 * The workspace of that name, or of that display name when only one has it.
 *
 * @throws CliError `notFound`, or `conflict` when several have the display name
 */
export async function findWorkspace(client: ApiClient, name: string): Promise<Workspace> {
    const { items } = await listAll((cursor) => client.listWorkspaces({ query: { cursor, limit: 1000 } }));
    const byName = items.find((workspace) => workspace.metadata.name === name);
    if (byName !== undefined) {
        return byName;
    }
    const byDisplayName = items.filter((workspace) => workspace.spec.displayName === name);
    if (byDisplayName.length > 1) {
        const names = byDisplayName.map((workspace) => workspace.metadata.name).join(', ');
        throw new CliError(`${byDisplayName.length} workspaces are called "${name}". Name one of ${names}.`, EXIT_CODES.conflict);
    }
    if (byDisplayName[0] === undefined) {
        throw new CliError(`There is no workspace "${name}" that you can open. "tandem workspaces list" shows them.`, EXIT_CODES.notFound);
    }
    return byDisplayName[0];
}
