import type { ApiClient } from '@tandem/api-client';
import type { Workspace, WorkspaceState } from '@tandem/protocol';
import { CliError, EXIT_CODES } from './exit-codes.ts';
import { paramsOf } from './workspace-lookup.ts';

export interface WaitOptions {
    /** The state to wait for. */
    until: WorkspaceState;
    timeoutMs: number;
    signal: AbortSignal;
    /** Called with every change, the present state included. */
    onChange: (workspace: Workspace) => void;
}

/**
 * Follows a workspace by events until it is in the wanted state.
 *
 * @throws CliError `failure` when it failed or needs attention, `conflict` when the time is up
 */
export async function waitForWorkspace(client: ApiClient, workspace: Workspace, options: WaitOptions): Promise<Workspace> {
    const deadline = AbortSignal.timeout(options.timeoutMs);
    const signal = AbortSignal.any([deadline, options.signal]);
    for (;;) {
        // The cursor first, then the state: what changes in between comes as an event.
        const { version } = await client.listWorkspaces({ query: { limit: 1 }, signal: options.signal });
        const present = await client.getWorkspace({ params: paramsOf(workspace), signal: options.signal });
        const outcome = await followEvents(client, present, version, signal, options);
        if (outcome !== 'list-again') {
            return outcome;
        }
        options.signal.throwIfAborted();
        if (deadline.aborted) {
            const seconds = Math.round(options.timeoutMs / 1000);
            throw new CliError(
                `${workspace.metadata.name} was not ${options.until} within ${seconds} s. It goes on in the background.`,
                EXIT_CODES.conflict,
            );
        }
    }
}

function followEvents(
    client: ApiClient,
    present: Workspace,
    since: string | undefined,
    signal: AbortSignal,
    options: WaitOptions,
): Promise<Workspace | 'list-again'> {
    return new Promise((resolve, reject) => {
        const consider = (workspace: Workspace): boolean => {
            options.onChange(workspace);
            const { state, reason } = workspace.status;
            if (state === options.until) {
                resolve(workspace);
                return true;
            }
            // Before the controller has seen the last change, a failure is an old one.
            const upToDate = workspace.status.observedGeneration >= workspace.metadata.generation;
            if (upToDate && (state === 'failed' || state === 'needs-attention')) {
                reject(
                    new CliError(
                        `${workspace.metadata.name} ${state === 'failed' ? 'failed' : 'needs attention'}: ${reason ?? 'no reason given'}`,
                    ),
                );
                return true;
            }
            return false;
        };
        if (consider(present)) {
            return;
        }
        const subscription = client.events({
            since,
            signal,
            onEvent: (event) => {
                if (event.kind !== 'Workspace' || event.object.metadata.uid !== present.metadata.uid) {
                    return;
                }
                if (event.type === 'deleted') {
                    reject(new CliError(`${present.metadata.name} was deleted.`, EXIT_CODES.notFound));
                    subscription.close();
                } else if (consider(event.object)) {
                    subscription.close();
                }
            },
            onState: (state) => {
                if (state.state === 'refused') {
                    reject(state.error);
                }
            },
        });
        void subscription.done.then(() => resolve('list-again'));
    });
}
