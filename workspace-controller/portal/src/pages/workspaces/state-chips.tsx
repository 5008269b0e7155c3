import { UnstyledButton } from '@mantine/core';
import type { WorkspaceState } from '@tandem/protocol';
import { messages } from '../../messages.ts';
import { WORKSPACE_STATE_NAMES } from '../../workspaces/state-names.ts';
import classes from './state-chips.module.css';

interface StateChipsProps {
    counts: ReadonlyMap<WorkspaceState, number>;
    total: number;
    value: WorkspaceState | undefined;
    onChange: (state: WorkspaceState | undefined) => void;
}

/** Chooses one state of those that occur, with how many there are. */
export function StateChips({ counts, total, value, onChange }: StateChipsProps) {
    const texts = messages.workspaces;
    const states = WORKSPACE_STATE_NAMES.filter((state) => (counts.get(state) ?? 0) > 0 || state === value);
    return (
        <div role="group" aria-label={texts.stateFilter} className={classes['chips']}>
            <Chip label={texts.all} count={total} chosen={value === undefined} onClick={() => onChange(undefined)} />
            {states.map((state) => (
                <Chip
                    key={state}
                    label={texts.states[state]}
                    count={counts.get(state) ?? 0}
                    chosen={value === state}
                    onClick={() => onChange(value === state ? undefined : state)}
                />
            ))}
        </div>
    );
}

function Chip({ label, count, chosen, onClick }: { label: string; count: number; chosen: boolean; onClick: () => void }) {
    return (
        <UnstyledButton className={classes['chip']} aria-pressed={chosen} onClick={onClick}>
            {label} <span className={classes['count']}>{count.toLocaleString('en')}</span>
        </UnstyledButton>
    );
}
