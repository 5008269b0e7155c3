import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { messages } from '../messages.ts';

interface CopyButtonProps {
    value: string;
    /** What is copied, for the label: "invitation link". With `bare` the whole label. */
    what: string;
    bare?: boolean;
    /** A button with text instead of an icon. */
    wide?: boolean;
}

/** Copies a text and says so where it was pressed. */
export function CopyButton({ value, what, bare = false, wide = false }: CopyButtonProps) {
    const { copied, copy } = useClipboard({ timeout: 2_000 });
    const label = bare ? what : messages.common.copyLabel(what);
    const icon = copied ? <IconCheck size={16} /> : <IconCopy size={16} />;
    if (wide) {
        return (
            <Button size="sm" leftSection={icon} onClick={() => copy(value)} aria-label={label}>
                {copied ? messages.common.copied : messages.common.copy}
            </Button>
        );
    }
    return (
        <Tooltip label={copied ? messages.common.copied : label}>
            <ActionIcon onClick={() => copy(value)} aria-label={copied ? messages.common.copied : label}>
                {icon}
            </ActionIcon>
        </Tooltip>
    );
}
