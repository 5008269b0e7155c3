import '@mantine/core/styles/Alert.layer.css';
import { Alert } from '@mantine/core';
import { IconLock } from '@tabler/icons-react';
import { useSetSearch, useSearchParam } from '../../components/use-search-param.ts';
import { messages } from '../../messages.ts';

/** Why an address of a workspace led here instead: it is told apart from nobody whether there is one. */
export function NotOpened() {
    const [error] = useSearchParam('error');
    const [workspace] = useSearchParam('workspace');
    const setSearch = useSetSearch();
    if (error === '') {
        return null;
    }
    return (
        <Alert
            role="alert"
            color="yellow"
            styles={{ title: { color: 'var(--mantine-color-text)' } }}
            icon={<IconLock size={18} aria-hidden />}
            title={messages.workspaces.notOpenedTitle(workspace)}
            withCloseButton
            closeButtonLabel={messages.workspaces.notOpenedClose}
            onClose={() => setSearch({ error: '', workspace: '' })}
            mb="md"
        >
            {messages.workspaces.notOpenedReasons[error] ?? messages.workspaces.notOpenedText}
        </Alert>
    );
}
