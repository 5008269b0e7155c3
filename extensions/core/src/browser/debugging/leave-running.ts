import type { DebugSession } from '@theia/debug/lib/browser/debug-session';

/**
 * Makes a session disconnect from its program when it is stopped, instead of ending it.
 * Changes the session itself, as every debugger makes its sessions by a factory and a container of its own.
 */
export function leaveRunning(session: Pick<DebugSession, 'canTerminate' | 'sendRequest'>): void {
    const send = session.sendRequest.bind(session);
    session.canTerminate = () => false;
    session.sendRequest = (command, args, timeout) =>
        send(command, command === 'disconnect' ? { ...args, terminateDebuggee: false } : args, timeout);
}
