import { AppError } from '@tandem/server-kit';
import type { Revocation } from '@tandem/protocol';
import type { ApiContext } from './api-context.ts';
import { cursorOf, EventStream } from './sse.ts';

/** The revocation feed: what was missed since the cursor, then what happens. `id:` is the sequence. */
export async function streamRevocations(context: ApiContext<'streamRevocations'>): Promise<void> {
    const { deps, request, reply, query } = context;
    const { revocations } = deps.auth;
    const since = cursorOf(request, query.since) ?? String(revocations.sequence);
    if (!/^\d{1,15}$/.test(since)) {
        throw new AppError('invalid-request', `"since" is "${since}". Give the id of the last event.`, { pointer: '/since' });
    }
    // Listening begins before the past is read, so that nothing falls between.
    const early: Revocation[] = [];
    let deliver = (revocation: Revocation): void => void early.push(revocation);
    const subscription = revocations.onDidRevoke((revocation) => deliver(revocation));
    const missed = await revocations.after(Number(since)).catch((error: unknown) => {
        subscription.dispose();
        throw error;
    });
    if (missed === undefined) {
        subscription.dispose();
        throw new AppError('cursor-expired', 'The cursor is older than what is kept. Close everything and begin without one.');
    }
    const stream = new EventStream(request, reply);
    stream.own(subscription);
    let last = Number(since);
    deliver = (revocation) => {
        if (revocation.sequence > last) {
            last = revocation.sequence;
            stream.send({ id: String(last), data: revocation });
        }
    };
    [...missed, ...early].sort((a, b) => a.sequence - b.sequence).forEach((revocation) => deliver(revocation));
}
