import type { Workspace } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { useIdempotencyKey } from '../../api/use-idempotency-key.ts';
import { mergeWorkspace } from '../../live/merge-event.ts';
import { continueAddress, workspacePath } from '../continue-address.ts';
import { requestOf, type CreateDraft } from './create-draft.ts';

/** State of the history entry of a workspace page that goes on to the editor by itself. */
export interface OpensItself {
    opensItself: true;
}

/** Makes a workspace and shows how it comes to be; one that is ready at once is opened at once. */
export function useCreate() {
    const client = useQueryClient();
    const navigate = useNavigate();
    const { keyFor, renew } = useIdempotencyKey();
    return useMutation({
        mutationFn: (draft: CreateDraft): Promise<Workspace> => {
            const body = requestOf(draft) ?? {};
            return api.createWorkspace({ params: { team: draft.team }, body, idempotencyKey: keyFor([draft.team, body]) });
        },
        meta: { inline: true },
        onSuccess: (workspace) => {
            renew();
            mergeWorkspace(client, workspace, { created: true });
            const state: OpensItself = { opensItself: true };
            void navigate(workspacePath(workspace.metadata.name), { state });
            if (workspace.status.state === 'running') {
                location.assign(continueAddress(workspace).href);
            }
        },
    });
}
