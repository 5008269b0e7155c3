import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResourceOf } from '@tandem/protocol';
import { newWorkspace } from '../resources/new-workspace.ts';
import type { NewObject, ResourceStore, Watch, WatchEvent } from './resource-store.ts';

/** A `User` as small as the schema allows. */
export function newUser(name: string, labels: Record<string, string> = {}): NewObject<'User'> {
    return {
        kind: 'User',
        metadata: { namespace: 'tandem', name, labels },
        spec: { displayName: name, email: `${name}@example.com`, admin: false, disabled: false },
        status: { observedGeneration: 0, conditions: [] },
    };
}

async function take(watch: Watch, count: number): Promise<WatchEvent[]> {
    const events: WatchEvent[] = [];
    for await (const event of watch) {
        events.push(event);
        if (events.length === count) {
            break;
        }
    }
    return events;
}

/** What every `ResourceStore` does. */
export function describeResourceStore(name: string, open: () => Promise<ResourceStore>): void {
    describe(`resource store contract: ${name}`, () => {
        let store: ResourceStore;
        beforeEach(async () => {
            store = await open();
        });
        afterEach(async () => {
            await store.close();
        });

        it('creates an object with uid, versions and times, and reads it back', async () => {
            const created = await store.create(newUser('ada', { team: 'web' }));
            expect(created.metadata).toMatchObject({ name: 'ada', generation: 1, labels: { team: 'web' }, finalizers: [] });
            expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
            expect(await store.get('User', 'tandem', 'ada')).toEqual(created);
            expect(await store.get('User', 'elsewhere', 'ada')).toBeUndefined();
        });

        it('refuses a second object of the same name', async () => {
            await store.create(newUser('ada'));
            await expect(store.create(newUser('ada'))).rejects.toMatchObject({ code: 'already-exists' });
        });

        it('refuses what does not fit the schema and says where', async () => {
            const user = newUser('ada');
            const broken = { ...user, spec: { ...user.spec, email: 7 } } as unknown as NewObject<'User'>;
            await expect(store.create(broken)).rejects.toMatchObject({ code: 'invalid-request', pointer: '/spec/email' });
        });

        it('gives a new uid to a new object of an old name', async () => {
            const first = await store.create(newUser('ada'));
            await store.delete({ kind: 'User', namespace: 'tandem', name: 'ada' });
            const second = await store.create(newUser('ada'));
            expect(second.metadata.uid).not.toBe(first.metadata.uid);
        });

        it('gives the name of a workspace once: not to another namespace, and not again after it is gone', async () => {
            const key = { kind: 'Workspace', namespace: 'team-home', name: 'my-shop' } as const;
            const make = (namespace: string) =>
                store.create(
                    newWorkspace({
                        namespace,
                        name: key.name,
                        spec: { owner: 'ada', displayName: 'Shop', templateRef: 'default', operatingMode: 'Running' },
                    }),
                );
            const first = await make('team-home');
            await expect(make('team-other')).rejects.toMatchObject({ code: 'already-exists', pointer: '/metadata/name' });
            await store.delete(key);
            const marked = (await store.get('Workspace', key.namespace, key.name))!;
            await store.update<'Workspace'>({ ...marked, metadata: { ...marked.metadata, finalizers: [] } });
            expect(await store.get('Workspace', key.namespace, key.name)).toBeUndefined();
            await expect(make('team-home')).rejects.toMatchObject({ code: 'already-exists' });
            expect(first.metadata.name).toBe('my-shop');
        });

        it('writes spec and leaves status alone, and counts the generation only when the spec changed', async () => {
            const created = await store.create(newUser('ada'));
            const changed = await store.update<'User'>({
                ...created,
                spec: { ...created.spec, admin: true },
                status: { ...created.status, observedGeneration: 99 },
            });
            expect(changed.spec.admin).toBe(true);
            expect(changed.status.observedGeneration).toBe(0);
            expect(changed.metadata.generation).toBe(2);
            const labelled = await store.update<'User'>({ ...changed, metadata: { ...changed.metadata, labels: { a: 'b' } } });
            expect(labelled.metadata).toMatchObject({ generation: 2, labels: { a: 'b' } });
        });

        it('writes status and leaves spec alone', async () => {
            const created = await store.create(newUser('ada'));
            const changed = await store.updateStatus<'User'>({
                ...created,
                spec: { ...created.spec, admin: true },
                status: { ...created.status, observedGeneration: 1 },
            });
            expect(changed.spec.admin).toBe(false);
            expect(changed.status.observedGeneration).toBe(1);
        });

        it('lets one of two writers of the same version win, the other hears conflict and changes nothing', async () => {
            const created = await store.create(newUser('ada'));
            const write = (displayName: string) => store.update<'User'>({ ...created, spec: { ...created.spec, displayName } });
            const outcomes = await Promise.allSettled([write('one'), write('two')]);
            expect(outcomes.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
            const loser = outcomes.find((outcome) => outcome.status === 'rejected') as PromiseRejectedResult;
            expect(loser.reason).toMatchObject({ code: 'conflict' });
            const winner = outcomes.find((outcome) => outcome.status === 'fulfilled') as PromiseFulfilledResult<ResourceOf<'User'>>;
            expect(await store.get('User', 'tandem', 'ada')).toEqual(winner.value);
        });

        it('says not-found when what is to be written is gone', async () => {
            const created = await store.create(newUser('ada'));
            await store.delete({ kind: 'User', namespace: 'tandem', name: 'ada' });
            await expect(store.update(created)).rejects.toMatchObject({ code: 'not-found' });
        });

        it('lists in order, by label and namespace, page after page', async () => {
            for (const user of ['cleo', 'ada', 'bob', 'dan']) {
                await store.create(newUser(user, { first: user[0]! }));
            }
            const first = await store.list('User', { namespace: 'tandem', limit: 3 });
            expect(first.items.map((item) => item.metadata.name)).toEqual(['ada', 'bob', 'cleo']);
            const second = await store.list('User', { namespace: 'tandem', limit: 3, cursor: first.nextCursor! });
            expect(second.items.map((item) => item.metadata.name)).toEqual(['dan']);
            expect(second.nextCursor).toBeUndefined();
            const labelled = await store.list('User', { labels: { first: 'b' } });
            expect(labelled.items.map((item) => item.metadata.name)).toEqual(['bob']);
            expect((await store.list('User', { namespace: 'other' })).items).toEqual([]);
        });

        it('keeps an object with finalizers until the last one is gone', async () => {
            const user = newUser('ada');
            user.metadata.finalizers = ['tandem.dev/cleanup'];
            const key = { kind: 'User', namespace: 'tandem', name: 'ada' } as const;
            await store.create(user);
            await store.delete(key);
            const marked = (await store.get('User', 'tandem', 'ada'))!;
            expect(marked.metadata.deletedAt).toBeDefined();
            await store.delete(key);
            await store.update<'User'>({ ...marked, metadata: { ...marked.metadata, finalizers: [] } });
            expect(await store.get('User', 'tandem', 'ada')).toBeUndefined();
        });

        it('deletes only the object that is meant', async () => {
            await store.create(newUser('ada'));
            const key = { kind: 'User', namespace: 'tandem', name: 'ada' } as const;
            await expect(store.delete(key, { uid: '00000000-0000-0000-0000-000000000000' })).rejects.toMatchObject({ code: 'conflict' });
            await store.delete(key);
            await store.delete(key);
        });

        it('tells a watcher of every change after the list it was made from, in order', async () => {
            await store.create(newUser('ada'));
            const { version } = await store.list('User');
            const bob = await store.create(newUser('bob'));
            const watch = await store.watch({ kinds: ['User'], since: version });
            await store.updateStatus({ ...bob, status: { ...bob.status, observedGeneration: 1 } });
            await store.delete({ kind: 'User', namespace: 'tandem', name: 'ada' });
            const events = await take(watch, 3);
            expect(events.map((event) => [event.type, event.object.metadata.name])).toEqual([
                ['added', 'bob'],
                ['modified', 'bob'],
                ['deleted', 'ada'],
            ]);
        });

        it('misses and repeats nothing when a watch begins in the middle of many writes', async () => {
            const { version } = await store.list('User');
            const writes = Array.from({ length: 60 }, (_, index) => store.create(newUser(`user-${index}`)));
            const watch = await store.watch({ since: version });
            writes.push(...Array.from({ length: 60 }, (_, index) => store.create(newUser(`later-${index}`))));
            const events = await take(watch, 120);
            await Promise.all(writes);
            const names = events.map((event) => event.object.metadata.name);
            expect(new Set(names).size).toBe(120);
            const versions = events.map((event) => Number(event.version));
            expect(versions).toEqual([...versions].sort((a, b) => a - b));
        });

        it('ends a watch that is closed and refuses a cursor from the future', async () => {
            const watch = await store.watch();
            const ended = take(watch, 1);
            watch.close();
            expect(await ended).toEqual([]);
            await expect(store.watch({ since: '999999' })).rejects.toMatchObject({ code: 'cursor-expired' });
        });
    });
}
