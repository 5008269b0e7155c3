import { IconLock } from '@tabler/icons-react';
import { Outlet } from 'react-router';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';
import { messages } from '../messages.ts';
import { useSession } from './session-context.ts';

/** Pages for admins. The server decides; this only says so before it is asked. */
export function AdminOnly() {
    const { forbidden } = messages.common;
    if (useSession().user.admin) {
        return <Outlet />;
    }
    return (
        <Page title={forbidden.title} narrow>
            <EmptyState icon={<IconLock size={28} />} title={forbidden.title} text={forbidden.text} />
        </Page>
    );
}
