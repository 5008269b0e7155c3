import fastify from 'fastify';
import { expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { createLogger } from '@tandem/server-kit';
import { SqliteUpdateLog } from '../src/log/sqlite-update-log.ts';
import { createCollabService } from '../src/service.ts';
import { temporaryDirectory } from './support.ts';

it('[E1] lives in another Fastify application, below a path', async () => {
    const service = createCollabService({
        log: await SqliteUpdateLog.open(temporaryDirectory()),
        logger: createLogger({ name: 'collab', level: 'silent' }),
        basePath: '/collab',
    });
    const app = fastify();
    app.get('/own', () => 'mine');
    await app.register(service.fastifyPlugin, { prefix: '/collab' });
    const address = await app.listen({ port: 0, host: '127.0.0.1' });
    const socket = new CollabSocket({ url: `${address.replace('http', 'ws')}/collab/hocuspocus` });
    const document = socket.open('embedded');
    await document.whenSynced();
    document.doc.getText('t').insert(0, 'inside');
    await document.whenDurable();
    expect(await (await fetch(`${address}/own`)).text()).toBe('mine');
    expect(await (await fetch(`${address}/collab/documents/embedded`)).json()).toEqual({ t: 'inside' });
    const copied = await fetch(`${address}/collab/documents/embedded/copy`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ to: 'other' }),
    });
    expect(copied.status).toBe(204);
    socket.close();
    await app.close();
});
