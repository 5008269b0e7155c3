import type { AuditFilters } from '../../api/keys.ts';

export const AUDIT_OUTCOMES = ['allowed', 'denied', 'failed', 'interrupted'] as const;

/** The filters as they stand in the address; days are in the reader's zone. */
export interface AuditSearch {
    actor: string;
    action: string;
    target: string;
    outcome: string;
    from: string;
    to: string;
}

export function readAuditSearch(search: URLSearchParams): AuditSearch {
    const get = (name: string) => search.get(name)?.trim() ?? '';
    const day = (name: string) => (/^\d{4}-\d{2}-\d{2}$/.test(get(name)) ? get(name) : '');
    const outcome = AUDIT_OUTCOMES.find((each) => each === get('outcome')) ?? '';
    return { actor: get('actor'), action: get('action'), target: get('target'), outcome, from: day('from'), to: day('to') };
}

/** What the API is asked for: moments in place of days, from the first one's beginning to the last one's end. */
export function queryOf({ from, to, ...rest }: AuditSearch): AuditFilters {
    const filters: AuditFilters = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== ''));
    if (from !== '') {
        filters.from = new Date(`${from}T00:00:00`).toISOString();
    }
    if (to !== '') {
        filters.to = new Date(`${to}T23:59:59.999`).toISOString();
    }
    return filters;
}
