import type { WorkspaceTemplate } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { showDone } from '../../components/toasts.tsx';
import { putIntoList, takeFromList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

/** Deletes a template at once; Undo makes it again as it was. */
export function useDeleteTemplate(): (template: WorkspaceTemplate) => void {
    const client = useQueryClient();
    const restore = useMutation({
        mutationFn: ({ metadata: { name }, spec }: WorkspaceTemplate) => api.putTemplate({ params: { name }, body: { name, spec } }),
        onSuccess: (template) => putIntoList(client, keys.templates, template),
    });
    const remove = useMutation({
        mutationFn: ({ metadata: { name } }: WorkspaceTemplate) => api.deleteTemplate({ params: { name } }),
        onMutate: (template) => ({ putBack: takeFromList(client, keys.templates, template.metadata.uid) }),
        onError: (_error, _template, context) => context?.putBack(),
        onSuccess: (_nothing, template) => showDone(messages.templates.deleted(template.spec.displayName), () => restore.mutate(template)),
    });
    return remove.mutate;
}
