import type { WorkspaceSessionState } from '@tandem/protocol';
import { describe, expect, it } from 'vitest';
import { sessionMessage } from './session-message';

const session = (state: WorkspaceSessionState['state'], more: Partial<WorkspaceSessionState> = {}): WorkspaceSessionState => ({
    state,
    reason: 'The reason.',
    openUrl: 'https://tandem.example.com/open/demo',
    portalUrl: 'https://tandem.example.com/',
    acceptsUpgrades: true,
    ...more,
});

describe('sessionMessage', () => {
    it('says nothing while the session is in order', () => {
        expect(sessionMessage(session('active'))).toBeUndefined();
    });

    it.each(['signed-out', 'expired'] as const)('leads to the sign-in when %s', (state) => {
        expect(sessionMessage(session(state))).toMatchObject({ text: 'The reason.', action: 'Sign in', waits: false });
        expect(String(sessionMessage(session(state))?.target)).toBe('https://tandem.example.com/open/demo');
    });

    it('resumes a hibernated workspace by loading the page', () => {
        expect(sessionMessage(session('hibernated'))).toMatchObject({ action: 'Resume workspace', target: 'reload' });
    });

    it('waits for a workspace that is starting', () => {
        expect(sessionMessage(session('starting'))?.waits).toBe(true);
    });

    it('follows no address that is not one of the web', () => {
        expect(sessionMessage(session('signed-out', { openUrl: 'javascript:alert(1)' }))?.target).toBe('reload');
    });
});
