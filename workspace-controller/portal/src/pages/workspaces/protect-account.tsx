import { Button, CloseButton } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { Link } from 'react-router';
import { messages } from '../../messages.ts';
import classes from './protect-account.module.css';

/** A person who came by a link only is told how to be able to come back. */
export function ProtectAccount({ onClose }: { onClose: () => void }) {
    const { protect } = messages.workspaces;
    return (
        <aside className={classes['note']} aria-label={protect.title}>
            <IconKey size={18} aria-hidden className={classes['icon']} />
            <div className={classes['words']}>
                <strong>{protect.title}</strong>
                <div>{protect.text}</div>
            </div>
            <Button component={Link} to="/account#sign-in" variant="default">
                {protect.action}
            </Button>
            <CloseButton aria-label={messages.common.close} onClick={onClose} />
        </aside>
    );
}
