import type { WorkspaceSessionState } from '@tandem/protocol';

/** What the page says when its connection is gone for another reason than the network. */
export interface SessionMessage {
    readonly title: string;
    readonly text: string;
    readonly action: string;
    /** Where the button leads: `reload` opens this address anew, everything else is an address. */
    readonly target: 'reload' | URL;
    /** The page looks again by itself and goes on when the workspace is back. */
    readonly waits: boolean;
}

const TITLES: Readonly<Record<Exclude<WorkspaceSessionState['state'], 'active'>, string>> = {
    'signed-out': 'You are signed out',
    revoked: 'Your access ended',
    expired: 'Your session expired',
    hibernated: 'The workspace is hibernated',
    starting: 'The workspace is starting',
    unavailable: 'The workspace is not available',
};

function webAddress(text: string): URL | 'reload' {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url : 'reload';
}

/** @returns what to say, `undefined` while the session is in order and only the line is down. */
export function sessionMessage(session: WorkspaceSessionState): SessionMessage | undefined {
    const { state, reason, openUrl, portalUrl } = session;
    switch (state) {
        case 'active':
            return undefined;
        case 'signed-out':
        case 'expired':
            return { title: TITLES[state], text: reason, action: 'Sign in', target: webAddress(openUrl), waits: false };
        case 'revoked':
        case 'unavailable':
            return { title: TITLES[state], text: reason, action: 'Open the portal', target: webAddress(portalUrl), waits: false };
        case 'hibernated':
            return { title: TITLES[state], text: reason, action: 'Resume workspace', target: 'reload', waits: false };
        case 'starting':
            return { title: TITLES[state], text: reason, action: 'Load again', target: 'reload', waits: true };
    }
}

/** What to say when the backend is a new one and knows nothing of this page's terminals and extensions. */
export const RESTARTED: SessionMessage = {
    title: 'The workspace was restarted',
    text: 'Your files are as you left them. Terminals and running programs have ended.',
    action: 'Continue',
    target: 'reload',
    waits: false,
};
