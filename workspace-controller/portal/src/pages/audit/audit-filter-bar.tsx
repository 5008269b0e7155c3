import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import type { User } from '@tandem/protocol';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { useSetSearch } from '../../components/use-search-param.ts';
import { messages } from '../../messages.ts';
import { AUDIT_OUTCOMES, readAuditSearch } from './audit-search.ts';
import classes from './audit-filter-bar.module.css';

const NO_FILTERS = { actor: '', action: '', target: '', outcome: '', from: '', to: '' };

export function AuditFilterBar({ people }: { people: readonly User[] }) {
    const texts = messages.audit;
    const [search] = useSearchParams();
    const set = useSetSearch();
    const filters = readAuditSearch(search);
    const active = Object.values(filters).some((value) => value !== '');
    const [round, setRound] = useState(0);
    const actors = [
        ...people.map(({ metadata, spec }) => ({ value: metadata.name, label: spec.displayName })),
        { value: 'system', label: 'system' },
    ];
    return (
        <div role="search" aria-label={messages.common.filter} className={classes['bar']}>
            <Select
                size="xs"
                label={texts.actor}
                placeholder={texts.any}
                searchable
                clearable
                limit={50}
                data={actors}
                value={filters.actor || null}
                onChange={(actor) => set({ actor: actor ?? '' })}
            />
            <TypedFilter
                key={`action ${round}`}
                label={texts.action}
                placeholder="workspace.create"
                initial={filters.action}
                onChange={(action) => set({ action })}
            />
            <TypedFilter
                key={`target ${round}`}
                label={texts.target}
                placeholder="Workspace/…"
                initial={filters.target}
                onChange={(target) => set({ target })}
            />
            <Select
                size="xs"
                label={texts.outcome}
                placeholder={texts.any}
                clearable
                data={AUDIT_OUTCOMES.map((value) => ({ value, label: texts.outcomes[value] }))}
                value={filters.outcome || null}
                onChange={(outcome) => set({ outcome: outcome ?? '' })}
            />
            <TextInput
                size="xs"
                type="date"
                label={texts.from}
                value={filters.from}
                max={filters.to}
                onChange={(event) => set({ from: event.currentTarget.value })}
            />
            <TextInput
                size="xs"
                type="date"
                label={texts.to}
                value={filters.to}
                min={filters.from}
                onChange={(event) => set({ to: event.currentTarget.value })}
            />
            <Button
                variant="subtle"
                className={classes['clear'] as string}
                data-active={active || undefined}
                onClick={() => {
                    set(NO_FILTERS);
                    setRound((before) => before + 1);
                }}
            >
                {texts.clear}
            </Button>
        </div>
    );
}

interface TypedFilterProps {
    label: string;
    placeholder: string;
    initial: string;
    onChange: (value: string) => void;
}

/** Asks the server when typing pauses. */
function TypedFilter({ label, placeholder, initial, onChange }: TypedFilterProps) {
    const [text, setText] = useState(initial);
    const tell = useDebouncedCallback(onChange, 250);
    return (
        <TextInput
            size="xs"
            label={label}
            placeholder={placeholder}
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(event) => {
                setText(event.currentTarget.value);
                tell(event.currentTarget.value);
            }}
        />
    );
}
