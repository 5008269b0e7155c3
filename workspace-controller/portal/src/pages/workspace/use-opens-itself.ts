import type { Workspace } from '@tandem/protocol';
import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { continueAddress } from '../../workspaces/continue-address.ts';
import type { OpensItself } from '../../workspaces/create/use-create.ts';

/**
 * Goes to the editor when a workspace that was just created is ready. Only in the tab that created it, and only once: going
 * back from the editor shows this page.
 *
 * @returns whether it will go there
 */
export function useOpensItself(workspace: Workspace): boolean {
    const { state, pathname } = useLocation() as { state: OpensItself | null; pathname: string };
    const navigate = useNavigate();
    const wanted = state?.opensItself === true;
    const ready = workspace.status.state === 'running';
    const failed = workspace.status.state === 'failed' || workspace.status.state === 'needs-attention';
    const { href } = continueAddress(workspace);
    useEffect(() => {
        if (wanted && ready) {
            void navigate(pathname, { replace: true, state: null });
            location.assign(href);
        }
    }, [wanted, ready, href, pathname, navigate]);
    return wanted && !failed;
}
