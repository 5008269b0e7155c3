import { Button, NumberInput, Select } from '@mantine/core';
import type { Team, WorkspacePool } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { poolsQuery, templatesQuery } from '../../api/queries.ts';
import { Section } from '../../components/section.tsx';
import rows from '../../components/rows.module.css';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';

/** Workspaces that are started before somebody asks. */
export function PoolsSection({ team, mayChange }: { team: Team; mayChange: boolean }) {
    const texts = messages.teams;
    const name = team.metadata.name;
    const pools = useQuery(poolsQuery(name));
    const templates = useQuery(templatesQuery);
    const [adding, setAdding] = useState<string | null>(null);
    const titleOf = (template: string) =>
        templates.data?.items.find((each) => each.metadata.name === template)?.spec.displayName ?? template;
    const set = useSetPool(name);
    if (pools.data === undefined) {
        return null;
    }
    const used = new Set(pools.data.items.map(({ spec }) => spec.templateRef));
    const free = (templates.data?.items ?? []).filter(({ metadata }) => !used.has(metadata.name));
    return (
        <Section title={texts.poolsTitle} hint={texts.poolsHint}>
            {pools.data.items.length === 0 ? (
                <p className={rows['none']}>{texts.noPools}</p>
            ) : (
                <ul className={rows['rows']}>
                    {pools.data.items.map((pool) => (
                        <PoolRow
                            key={`${pool.metadata.uid} ${pool.spec.size}`}
                            pool={pool}
                            title={titleOf(pool.spec.templateRef)}
                            mayChange={mayChange}
                            onSize={(size) => set.mutate({ pool: pool.metadata.name, template: pool.spec.templateRef, size })}
                        />
                    ))}
                </ul>
            )}
            {mayChange && free.length > 0 && (
                <div style={{ display: 'flex', gap: 8, marginTop: 12 }}>
                    <Select
                        size="xs"
                        w={220}
                        aria-label={texts.poolTemplate}
                        placeholder={texts.poolTemplate}
                        data={free.map(({ metadata, spec }) => ({ value: metadata.name, label: spec.displayName }))}
                        value={adding}
                        onChange={setAdding}
                    />
                    <Button
                        variant="default"
                        disabled={adding === null}
                        loading={set.isPending}
                        onClick={() => {
                            set.mutate({ pool: adding ?? '', template: adding ?? '', size: 1 });
                            setAdding(null);
                        }}
                    >
                        {texts.addPool}
                    </Button>
                </div>
            )}
        </Section>
    );
}

interface PoolRowProps {
    pool: WorkspacePool;
    title: string;
    mayChange: boolean;
    onSize: (size: number) => void;
}

function PoolRow({ pool, title, mayChange, onSize }: PoolRowProps) {
    const texts = messages.teams;
    const { size: current } = pool.spec;
    const { ready, starting } = pool.status;
    const [size, setSize] = useState<number | string>(current);
    const known = [texts.poolReady(ready, current), starting > 0 && texts.poolStarting(starting)].filter(Boolean).join(' · ');
    return (
        <li className={rows['row']}>
            <span className={rows['grow']}>
                {title}
                <br />
                <span className={rows['dim']}>{known}</span>
            </span>
            {mayChange && (
                <>
                    <NumberInput
                        size="xs"
                        w={76}
                        aria-label={texts.poolSize(title)}
                        min={0}
                        max={100}
                        allowDecimal={false}
                        value={size}
                        onChange={setSize}
                    />
                    <Button variant="default" disabled={typeof size !== 'number' || size === current} onClick={() => onSize(Number(size))}>
                        {texts.savePool}
                    </Button>
                </>
            )}
        </li>
    );
}

function useSetPool(team: string) {
    const client = useQueryClient();
    return useMutation({
        mutationFn: ({ pool, template, size }: { pool: string; template: string; size: number }) =>
            api.setPool({ params: { team, name: pool }, body: { template, size } }),
        onSuccess: (pool) => putIntoList(client, keys.pools(team), pool),
    });
}
