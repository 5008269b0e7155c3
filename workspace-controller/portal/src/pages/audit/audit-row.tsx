import { UnstyledButton } from '@mantine/core';
import { IconBan, IconCheck, IconChevronRight, IconX, IconHelpCircle } from '@tabler/icons-react';
import type { AuditEntry } from '@tandem/protocol';
import { useState } from 'react';
import { RelativeTime } from '../../components/relative-time.tsx';
import { messages } from '../../messages.ts';
import classes from './audit-row.module.css';

const ICONS = { allowed: IconCheck, denied: IconBan, failed: IconX, interrupted: IconHelpCircle } as const;

/** One entry; all of it on demand. */
export function AuditRow({ entry, actor }: { entry: AuditEntry; actor: string }) {
    const texts = messages.audit;
    const [open, setOpen] = useState(false);
    const Icon = ICONS[entry.outcome];
    return (
        <>
            <UnstyledButton className={classes['row']} aria-expanded={open} onClick={() => setOpen(!open)}>
                <IconChevronRight size={14} aria-hidden className={classes['chevron']} data-open={open || undefined} />
                <span className={classes['when']}>
                    <RelativeTime at={entry.at} clock />
                </span>
                <span className={classes['actor']}>{actor}</span>
                <span className={classes['action']}>{entry.action}</span>
                <span className={classes['target']}>{entry.target}</span>
                <span className={classes['outcome']} data-outcome={entry.outcome}>
                    <Icon size={14} aria-hidden />
                    {texts.outcomes[entry.outcome]}
                </span>
            </UnstyledButton>
            {open && <AuditEntryDetails entry={entry} />}
        </>
    );
}

function AuditEntryDetails({ entry }: { entry: AuditEntry }) {
    const texts = messages.audit;
    const facts: [string, string | undefined][] = [
        [texts.sequence, String(entry.sequence)],
        [texts.time, entry.at],
        [texts.actor, entry.actor],
        [texts.target, entry.target],
        [texts.address, entry.address],
        [texts.grant, entry.grant],
        ...Object.entries(entry.detail),
        [texts.hash, entry.hash],
        [texts.previousHash, entry.previousHash],
    ];
    return (
        <dl className={classes['details']} aria-label={texts.details(entry.sequence)}>
            {facts
                .filter(([, value]) => value !== undefined && value !== '')
                .map(([term, value]) => (
                    <div key={term}>
                        <dt>{term}</dt>
                        <dd className="mono">{value}</dd>
                    </div>
                ))}
        </dl>
    );
}
