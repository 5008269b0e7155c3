import { UnstyledButton } from '@mantine/core';
import { messages } from '../../messages.ts';
import classes from './scope-switch.module.css';

/** Mine, or those of everyone I may see. */
export function ScopeSwitch({ all, onChange }: { all: boolean; onChange: (all: boolean) => void }) {
    const { scope } = messages.workspaces;
    return (
        <div role="group" aria-label={scope.label} className={classes['switch']}>
            <UnstyledButton className={classes['side']} aria-pressed={!all} onClick={() => onChange(false)}>
                {scope.mine}
            </UnstyledButton>
            <UnstyledButton className={classes['side']} aria-pressed={all} onClick={() => onChange(true)}>
                {scope.all}
            </UnstyledButton>
        </div>
    );
}
