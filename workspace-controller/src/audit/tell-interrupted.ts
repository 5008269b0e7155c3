import type { Logger } from '@tandem/server-kit';
import type { AuditIntents } from './audit-intents.ts';
import type { AuditSink } from './audit-sink.ts';

const REASON = 'The platform ended while this was being done. Whether it was done shows in the object itself.';

/** Writes into the audit log what an earlier process began and did not live to write. */
export async function tellInterrupted(intents: AuditIntents, audit: Pick<AuditSink, 'append'>, logger: Logger): Promise<void> {
    for (const intent of intents.interrupted) {
        await audit.append({ ...intent, outcome: 'interrupted', detail: { reason: REASON } });
    }
    if (intents.interrupted.length > 0) {
        logger.warn(
            { changes: intents.interrupted.length },
            'changes were interrupted by the end of the platform; the audit log names them',
        );
    }
    intents.forget();
}
