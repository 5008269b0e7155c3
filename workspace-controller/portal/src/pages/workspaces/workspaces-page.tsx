import { useState } from 'react';
import { useSession } from '../../app/session-context.ts';
import { Page } from '../../components/page.tsx';
import { useSearchParam } from '../../components/use-search-param.ts';
import { messages } from '../../messages.ts';
import { CreateWorkspace } from '../../workspaces/create/create-workspace.tsx';
import { NotOpened } from './not-opened.tsx';
import { ProtectAccount } from './protect-account.tsx';
import { ScopeSwitch } from './scope-switch.tsx';
import { WorkspaceList } from './workspace-list.tsx';

/** The first screen: where was I, and one field to begin something new. */
export default function WorkspacesPage() {
    const session = useSession();
    const overseesOthers = session.user.admin || session.teams.some((team) => team.role === 'lead');
    const [scope, setScope] = useSearchParam('scope');
    const all = overseesOthers && scope === 'all';
    const [protectShown, setProtectShown] = useState(!session.hasCredential);
    return (
        <Page
            title={messages.workspaces.title}
            actions={overseesOthers && <ScopeSwitch all={all} onChange={(next) => setScope(next ? 'all' : '')} />}
        >
            <NotOpened />
            {protectShown && <ProtectAccount onClose={() => setProtectShown(false)} />}
            <CreateWorkspace />
            <WorkspaceList scope={all ? 'all' : 'mine'} />
        </Page>
    );
}
