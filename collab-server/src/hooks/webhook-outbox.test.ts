import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@tandem/server-kit';
import { describe, expect, it, vi } from 'vitest';
import { WebhookOutbox } from './webhook-outbox.ts';

describe('webhooks', () => {
    it('[K1] are signed, in order, tried again, and outlive the process', async () => {
        let refuse = true;
        const bodies: { event: string; room: string }[] = [];
        const secret = 'a-secret-of-some-length';
        const server = createServer((request, response) => {
            let text = '';
            request.on('data', (chunk: Buffer) => (text += chunk.toString()));
            request.on('end', () => {
                if (refuse) {
                    response.writeHead(503).end();
                    return;
                }
                const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(request.headers['tandem-signature'])) ?? [];
                expect(signature).toBe(createHmac('sha256', secret).update(`${seconds}.${text}`).digest('hex'));
                bodies.push(JSON.parse(text) as { event: string; room: string });
                response.writeHead(204).end();
            });
        });
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        let now = Date.now();
        const options = {
            url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
            secret,
            directory: mkdtempSync(join(tmpdir(), 'tandem-hooks-')),
            logger: createLogger({ name: 'collab', level: 'silent' }),
            now: () => now,
            beatMs: 10,
        };
        const first = new WebhookOutbox(options);
        first.listeners.onLoad?.({ room: 'a', bytes: 1 });
        first.listeners.onChange?.({ room: 'a', update: new Uint8Array() });
        first.listeners.onChange?.({ room: 'a', update: new Uint8Array() });
        first.listeners.onStore?.({ room: 'a', bytes: 1 });
        await first.close();
        const second = new WebhookOutbox(options);
        second.listeners.onDisconnect?.({ room: 'a', subject: 'ada', remaining: 0 });
        await vi.waitFor(() => expect(bodies).toHaveLength(0));
        refuse = false;
        now += 60_000;
        await vi.waitFor(() => expect(bodies.map(({ event }) => event)).toEqual(['load', 'change', 'store', 'disconnect']), 10_000);
        await second.close();
        server.close();
        server.closeAllConnections();
    });
});
