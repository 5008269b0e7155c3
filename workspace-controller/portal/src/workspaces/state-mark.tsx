import type { WorkspaceState } from '@tandem/protocol';
import { IconAlertTriangle, IconCircleCheck, IconCircleX, IconClock, IconLoader2, IconMoon } from '@tabler/icons-react';
import { messages } from '../messages.ts';
import classes from './state-mark.module.css';

const ICONS = {
    queued: IconClock,
    preparing: IconLoader2,
    running: IconCircleCheck,
    hibernated: IconMoon,
    'needs-attention': IconAlertTriangle,
    failed: IconCircleX,
} as const;

/** A state's icon in its colour. Its word must stand beside it. */
export function StateIcon({
    state,
    moving = state === 'preparing',
    size = 18,
}: {
    state: WorkspaceState;
    moving?: boolean;
    size?: number;
}) {
    const Icon = moving ? IconLoader2 : ICONS[state];
    return (
        <Icon size={size} aria-hidden data-state={state} className={moving ? `${classes['icon']} ${classes['moving']}` : classes['icon']} />
    );
}

/** A state as its word, in its colour. */
export function StateWord({ state, text }: { state: WorkspaceState; text?: string }) {
    return (
        <span data-state={state} className={classes['word']}>
            {text ?? messages.workspaces.states[state]}
        </span>
    );
}
