import { Readable } from 'node:stream';
import { AppError } from '@tandem/server-kit';
import type { Handlers } from '../api-context.ts';

export const auditHandlers: Handlers<'listAudit' | 'exportAudit' | 'verifyAudit'> = {
    listAudit: async ({ deps, query }) => {
        for (const field of ['from', 'to'] as const) {
            const value = query[field];
            if (value !== undefined && Number.isNaN(Date.parse(value))) {
                throw new AppError('invalid-request', `"${field}" is "${value}". Write a moment as 2026-01-31T12:00:00Z.`, {
                    pointer: `/${field}`,
                });
            }
        }
        const moment = (value: string | undefined) => (value === undefined ? undefined : new Date(value).toISOString());
        return deps.audit.list({ ...query, from: moment(query.from), to: moment(query.to), limit: query.limit ?? 100 });
    },

    exportAudit: async ({ deps }) => Readable.from(lines(deps.audit.export()), { objectMode: false }),

    verifyAudit: async ({ deps, audit }) => {
        const verdict = await deps.audit.verify();
        audit.detail = { ok: String(verdict.ok), entries: String(verdict.entries) };
        return verdict;
    },
};

async function* lines(entries: AsyncIterable<unknown>): AsyncIterable<string> {
    for await (const entry of entries) {
        yield `${JSON.stringify(entry)}\n`;
    }
}
