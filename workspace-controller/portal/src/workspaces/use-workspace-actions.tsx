import type { Workspace } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../api/client.ts';
import { showDone } from '../components/toasts.tsx';
import { minutesInWords } from '../logic/time.ts';
import { mergeWorkspace } from '../live/merge-event.ts';
import { messages } from '../messages.ts';
import { replaceWorkspace } from './replace-workspace.ts';
import { teamOf } from './workspace-facts.ts';

const target = (workspace: Workspace) => ({ team: teamOf(workspace), name: workspace.metadata.name });

/** What can be done with a workspace. Orders that are safe show at once and are taken back when the server refuses. */
export function useWorkspaceActions() {
    const client = useQueryClient();
    const texts = messages.workspaces;
    const merge = (workspace: Workspace) => mergeWorkspace(client, workspace);
    const optimistic = (change: (workspace: Workspace) => Workspace) => ({
        onMutate: (workspace: Workspace) => ({ takeBack: replaceWorkspace(client, change(workspace)) }),
        onError: (_error: Error, _workspace: Workspace, context: { takeBack: () => void } | undefined) => context?.takeBack(),
        onSuccess: merge,
    });
    const want = (operatingMode: Workspace['spec']['operatingMode']) =>
        optimistic((workspace) => ({ ...workspace, spec: { ...workspace.spec, operatingMode } }));

    const resume = useMutation({
        mutationFn: (workspace: Workspace) => api.resumeWorkspace({ params: target(workspace) }),
        ...want('Running'),
    });
    const hibernating = want('Hibernated');
    const hibernate = useMutation({
        mutationFn: (workspace: Workspace) => api.hibernateWorkspace({ params: target(workspace) }),
        ...hibernating,
        onSuccess: (workspace: Workspace) => {
            merge(workspace);
            showDone(texts.hibernated(workspace.spec.displayName), () => resume.mutate(workspace));
        },
    });
    const keepAwake = useMutation({
        mutationFn: ({ workspace, minutes }: { workspace: Workspace; minutes: number }) =>
            api.keepAwake({ params: target(workspace), body: { minutes } }),
        onSuccess: (workspace, { minutes }) => {
            merge(workspace);
            showDone(texts.keptAwake(workspace.spec.displayName, minutesInWords(minutes)));
        },
    });
    const retry = useMutation({
        mutationFn: (workspace: Workspace) => api.retryWorkspace({ params: target(workspace) }),
        onSuccess: merge,
    });
    const cancel = useMutation({
        mutationFn: (workspace: Workspace) => api.cancelPreparation({ params: target(workspace) }),
        onSuccess: (workspace) => {
            merge(workspace);
            showDone(texts.page.cancelled);
        },
    });
    return { resume, hibernate, keepAwake, retry, cancel };
}
