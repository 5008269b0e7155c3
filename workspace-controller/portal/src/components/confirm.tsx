import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { messages } from '../messages.ts';

interface Confirmation {
    /** Names the thing. */
    title: string;
    /** Says what will be lost. */
    text: string;
    /** A verb with its object. */
    action: string;
    onConfirm: () => void;
}

/** Asks before something that cannot be undone. */
export function confirm({ title, text, action, onConfirm }: Confirmation): void {
    modals.openConfirmModal({
        title,
        children: <Text>{text}</Text>,
        labels: { confirm: action, cancel: messages.common.cancel },
        confirmProps: { color: 'red' },
        groupProps: { gap: 'xs' },
        size: 440,
        onConfirm,
    });
}
