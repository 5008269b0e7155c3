import { expect, it } from 'vitest';
import { CollabSocket } from '@tandem/collab-client';
import { startService, waitFor } from './support.ts';

it('[K2] hooks are called at the moments they are named for, and may refuse', async () => {
    const calls: string[] = [];
    const running = await startService({
        hooks: [
            {
                onAuthenticate: ({ room }) => {
                    calls.push(`authenticate ${room}`);
                    if (room === 'closed') {
                        throw new Error('this room is closed');
                    }
                },
                onLoad: ({ room }) => calls.push(`load ${room}`),
                onChange: ({ room }) => calls.push(`change ${room}`),
                onStore: ({ room }) => calls.push(`store ${room}`),
                onDisconnect: ({ room, remaining }) => calls.push(`disconnect ${room} ${remaining}`),
            },
        ],
    });
    const socket = new CollabSocket({ url: `${running.url}/hocuspocus` });
    const document = socket.open('open');
    await document.whenSynced();
    document.doc.getText('t').insert(0, 'x');
    await document.whenDurable();
    await expect(socket.open('closed').whenSynced()).rejects.toThrow('this room is closed');
    document.close();
    await waitFor('the disconnect', () => calls.includes('disconnect open 0'));
    expect(calls.filter((call) => call.endsWith('open') || call.includes('open '))).toEqual([
        'authenticate open',
        'load open',
        'change open',
        'store open',
        'disconnect open 0',
    ]);
    expect(calls).not.toContain('load closed');
    socket.close();
    await running.close();
});
