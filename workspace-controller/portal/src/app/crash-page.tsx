import { Button, Group } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { CopyButton } from '../components/copy-button.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { messages } from '../messages.ts';
import classes from './crash-page.module.css';

export function CrashPage({ error, texts }: { error: Error; texts: { title: string; text: string; reload: string } }) {
    return (
        <main className={classes['crash']}>
            <EmptyState icon={<IconRefresh size={28} />} title={texts.title} text={texts.text}>
                <Group gap="xs" justify="center">
                    <Button onClick={() => location.reload()}>{texts.reload}</Button>
                    <CopyButton value={`${location.pathname}\n${error.stack ?? error.message}`} what={messages.common.crash.copy} bare />
                </Group>
            </EmptyState>
        </main>
    );
}
