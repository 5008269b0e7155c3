import type { ResourceEvent } from '@tandem/api-client';
import { describe, expect, it } from 'vitest';
import { applyEvent, isNewer } from './apply-event.ts';

interface Item {
    metadata: { uid: string; resourceVersion: string };
    name: string;
}
const item = (uid: string, resourceVersion: string, name = uid): Item => ({ metadata: { uid, resourceVersion }, name });
const event = (type: ResourceEvent['type'], object: Item): ResourceEvent => ({ kind: 'Workspace', type, object }) as never;
const list = { items: [item('a', '3'), item('b', '4')], version: '4' };
const all = () => true;

describe('applyEvent', () => {
    it('adds, changes and takes away', () => {
        expect(applyEvent(list, event('added', item('c', '5')), all).items).toHaveLength(3);
        expect(applyEvent(list, event('modified', item('a', '6', 'new')), all).items[0]?.name).toBe('new');
        expect(applyEvent(list, event('deleted', item('a', '7')), all).items.map((each) => each.name)).toEqual(['b']);
    });

    it('keeps the same list when an event says nothing new', () => {
        expect(applyEvent(list, event('modified', item('a', '3')), all)).toBe(list);
        expect(applyEvent(list, event('modified', item('a', '2', 'old')), all)).toBe(list);
        expect(applyEvent(list, event('deleted', item('x', '9')), all)).toBe(list);
    });

    it('takes out what no longer belongs, and lets nothing foreign in', () => {
        expect(applyEvent(list, event('modified', item('a', '6')), () => false).items).toHaveLength(1);
        expect(applyEvent(list, event('added', item('z', '6')), () => false)).toBe(list);
    });

    it('leaves what did not change as it was, so that its row is not drawn again', () => {
        expect(applyEvent(list, event('modified', item('a', '6')), all).items[1]).toBe(list.items[1]);
    });
});

describe('isNewer', () => {
    it('compares numbers of any length as numbers', () => {
        expect(isNewer('10', '9')).toBe(true);
        expect(isNewer('9007199254740993', '9007199254740992')).toBe(true);
        expect(isNewer('9', '10')).toBe(false);
    });

    it('believes the stream about versions that are not numbers', () => {
        expect(isNewer('b-1', 'a-2')).toBe(true);
        expect(isNewer('a-2', 'a-2')).toBe(false);
    });
});
