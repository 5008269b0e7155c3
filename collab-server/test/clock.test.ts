import { afterEach, expect, it, vi } from 'vitest';
import { RawClient } from './raw-client.ts';
import { createIssuer, startService, waitFor, type RunningService } from './support.ts';

const DAY_MS = 86_400_000;

let running: RunningService;
const clients: RawClient[] = [];

afterEach(async () => {
    clients.splice(0).forEach((client) => client.close());
    await running.close();
    vi.useRealTimers();
});

it.each([
    ['forward', DAY_MS],
    ['back', -DAY_MS],
])('[T1] a clock that is set %s by a day closes nobody and holds up neither edits nor presence', async (_direction, jumpMs) => {
    // Only what the machine says the time is; timers go on as they are.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    running = await startService({ limits: { keepAliveMs: 1_000 } });
    const [a, b] = ['a', 'b'].map(() => new RawClient(running.url, 'clock')) as [RawClient, RawClient];
    clients.push(a, b);
    await waitFor('both in', () => a.synced && b.synced);
    a.sendPresence(1, 1, { at: 'before' });
    await waitFor('presence before', () => b.presence.length > 0);
    vi.setSystemTime(Date.now() + jumpMs);
    // A keep-alive is sent by the same sweep that looks for dead peers and expired tokens.
    const sent = () => [...running.service.sessions].reduce((sum, { connection }) => sum + connection.bytesOut, 0);
    const before = sent();
    await waitFor('a sweep after the jump', () => sent() > before || a.closeCode !== undefined);
    const seen = b.presence.length;
    a.sendPresence(1, 2, { at: 'after' });
    await waitFor('presence after', () => b.presence.slice(seen).some((update) => Buffer.from(update).includes('after')), 5_000);
    a.update(Uint8Array.of(1, 1, 9, 0, 4, 1, 1, 0x74, 1, 0x78, 0));
    await waitFor('the edit', () => a.acknowledged > 0 && b.updates.length > 1);
    expect([a.closeCode, b.closeCode]).toEqual([undefined, undefined]);
});

it('[T1] a clock that is set forward ends the tokens that have ended by it', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const issuer = await createIssuer();
    running = await startService({ authenticate: issuer.authenticate });
    const ada = new RawClient(running.url, 'w/1/shared', await issuer.token());
    clients.push(ada);
    await waitFor('in', () => ada.synced);
    vi.setSystemTime(Date.now() + DAY_MS);
    await waitFor('the end', () => ada.closeCode !== undefined);
    expect(ada.closeCode).toBe(4408);
});
