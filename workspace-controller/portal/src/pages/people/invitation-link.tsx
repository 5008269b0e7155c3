import { Button, Group, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import type { ResponseOf } from '@tandem/protocol';
import { CopyField } from '../../components/copy-field.tsx';
import { messages } from '../../messages.ts';

/** The link of a new invitation, shown once. */
export function InvitationLink({ invitation, onAnother }: { invitation: ResponseOf<'createInvitation'>; onAnother: () => void }) {
    const texts = messages.people;
    return (
        <Stack gap="md">
            <div>
                <Text fw={600}>{texts.linkTitle(invitation.email)}</Text>
                <Text c="dimmed">{texts.linkText}</Text>
            </div>
            <CopyField value={invitation.url ?? ''} what={texts.linkLabel} />
            <Group justify="flex-end" gap="xs">
                <Button variant="default" onClick={onAnother}>
                    {texts.another}
                </Button>
                <Button variant="default" onClick={() => modals.closeAll()}>
                    {messages.common.close}
                </Button>
            </Group>
        </Stack>
    );
}
