import { IconAlertTriangle, IconShieldCheck } from '@tabler/icons-react';
import type { ResponseOf } from '@tandem/protocol';
import { messages } from '../../messages.ts';
import classes from './audit-verdict.module.css';

/** Whether the chain of hashes is whole. */
export function AuditVerdict({ verdict }: { verdict: ResponseOf<'verifyAudit'> | undefined }) {
    const texts = messages.audit;
    return (
        <div role="status">
            {verdict && (
                <div className={classes['verdict']} data-ok={verdict.ok}>
                    {verdict.ok ? <IconShieldCheck size={18} aria-hidden /> : <IconAlertTriangle size={18} aria-hidden />}
                    {verdict.ok ? texts.verified(verdict.entries) : texts.broken(verdict.brokenAt, verdict.reason)}
                </div>
            )}
        </div>
    );
}
