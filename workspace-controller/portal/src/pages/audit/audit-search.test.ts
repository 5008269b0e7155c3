import { expect, it } from 'vitest';
import { queryOf, readAuditSearch } from './audit-search.ts';

const read = (search: string) => readAuditSearch(new URLSearchParams(search));

it('reads what makes sense and ignores the rest', () => {
    expect(read('actor=ada&outcome=maybe&from=yesterday&to=2026-01-31')).toEqual({
        actor: 'ada',
        action: '',
        target: '',
        outcome: '',
        from: '',
        to: '2026-01-31',
    });
});

it('asks from the first day’s beginning to the last day’s end', () => {
    const { from, to } = queryOf(read('from=2026-01-30&to=2026-01-30'));
    expect(Date.parse(String(to)) - Date.parse(String(from))).toBe(86_400_000 - 1);
});

it('asks for nothing that is not filtered', () => {
    expect(queryOf(read(''))).toEqual({});
    expect(queryOf(read('action=workspace.create'))).toEqual({ action: 'workspace.create' });
});
