import type { WorkspaceState } from '@tandem/protocol';
import { useSearchParams } from 'react-router';
import { FilterField } from '../../components/filter-field.tsx';
import { messages } from '../../messages.ts';
import { readFilter } from '../../workspaces/filter-workspaces.ts';
import { StateChips } from './state-chips.tsx';
import classes from './list-tools.module.css';

interface ListToolsProps {
    counts: ReadonlyMap<WorkspaceState, number>;
    total: number;
    onChange: (values: { q?: string; state?: string }) => void;
}

/** Filter and states above the list. */
export function ListTools({ counts, total, onChange }: ListToolsProps) {
    const [search] = useSearchParams();
    const { text, state } = readFilter(search);
    return (
        <div className={classes['tools']}>
            <StateChips counts={counts} total={total} value={state} onChange={(next) => onChange({ state: next ?? '' })} />
            <FilterField
                className={classes['filter']}
                value={text}
                onChange={(q) => onChange({ q })}
                placeholder={messages.workspaces.filterPlaceholder}
            />
        </div>
    );
}
