import { expect, it } from 'vitest';
import { leaveRunning } from './leave-running';

it('a session that leaves its program running never asks the debugger to end it', async () => {
    const sent: unknown[][] = [];
    const session = {
        canTerminate: () => true,
        sendRequest: (...request: unknown[]): Promise<never> => {
            sent.push(request);
            return new Promise(() => {});
        },
    };
    leaveRunning(session);
    void session.sendRequest('disconnect', { restart: true, terminateDebuggee: true }, 500);
    void session.sendRequest('pause', { threadId: 1 });
    expect(session.canTerminate()).toBe(false);
    expect(sent).toEqual([
        ['disconnect', { restart: true, terminateDebuggee: false }, 500],
        ['pause', { threadId: 1 }, undefined],
    ]);
});
