import type { AccessRefusal } from '../../auth/workspace-access.ts';
import { followState } from './waiting-page.ts';
import type { Page } from './page.ts';
import type { UpstreamFailure } from '../proxy-request.ts';

/** Someone who was let in before, or never may be. */
export function refusedPage(options: { workspace: string; refusal: AccessRefusal; portalUrl: string }): Page {
    return {
        title: 'No access · Tandem',
        overline: options.workspace,
        heading: options.refusal.refused === 'revoked' ? 'Your access has ended' : 'You have no access here',
        text: [options.refusal.explanation],
        actions: [{ label: 'Open the portal', href: options.portalUrl }],
    };
}

/** A one-time link that does not work any more. */
export function usedLinkPage(options: { workspace: string; refusal: AccessRefusal; openUrl: string }): Page {
    return {
        title: 'Link used up · Tandem',
        overline: options.workspace,
        heading: 'This link does not work any more',
        text: [options.refusal.explanation],
        actions: [{ label: 'Open the workspace', href: options.openUrl }],
        footnote: 'link-expired',
    };
}

/** Every sign-in here is forgotten at once. */
export function cookiesBlockedPage(options: { workspace: string; openUrl: string }): Page {
    return {
        title: 'Cookies are blocked · Tandem',
        overline: options.workspace,
        heading: 'Your browser keeps no cookie for this address',
        text: [
            'You signed in here a moment ago, and the browser did not send the sign-in back.',
            'Allow cookies for this address, then open the workspace again.',
        ],
        actions: [{ label: 'Open the workspace', href: options.openUrl }],
    };
}

/** The backend did not answer although it should run. */
export function brokenUpstreamPage(options: {
    workspace: string;
    displayName: string;
    failure: UpstreamFailure;
    openUrl: string;
    portalUrl: string;
}): Page {
    const label = 'Waiting for it to answer…';
    return {
        title: `${options.displayName} · Tandem`,
        overline: options.workspace,
        heading: options.failure === 'timeout' ? 'The workspace takes too long to answer' : 'The workspace does not answer',
        text: ['Its editor may be restarting. What you saved is kept, and the page continues by itself.'],
        progress: { label },
        actions: [{ label: 'Open the portal', href: options.portalUrl }],
        footnote: options.failure,
        script: followState({ label, openUrl: options.openUrl }),
    };
}

/** No program of the workspace listens on the port. */
export function silentPortPage(options: {
    workspace: string;
    port: number;
    others: readonly { port: number; process: string; url: string }[];
    openUrl: string;
}): Page {
    const label = `Waiting for port ${options.port}…`;
    return {
        title: `Port ${options.port} · Tandem`,
        overline: `${options.workspace}, port ${options.port}`,
        heading: `Nothing listens on port ${options.port}`,
        text: [
            'Start your program in a terminal of the workspace. This page continues when it listens.',
            ...(options.others.length > 0 ? ['These ports are open:'] : []),
        ],
        progress: { label },
        actions: options.others.slice(0, 8).map((other) => ({ label: `${other.port} ${other.process}`.trim(), href: other.url })),
        script: followState({ label, openUrl: options.openUrl }),
    };
}

/** A program of the workspace that took the connection and did not answer. */
export function brokenPortPage(options: { workspace: string; port: number; failure: UpstreamFailure }): Page {
    return {
        title: `Port ${options.port} · Tandem`,
        overline: `${options.workspace}, port ${options.port}`,
        heading: `The program on port ${options.port} ended the connection`,
        text: ['It did not answer with a page. Look at its output in the terminal; it may also speak https or another protocol.'],
        actions: [{ label: 'Try again', reload: true }],
        footnote: options.failure,
    };
}

/** Signing out of one workspace's origin. */
export function byePage(options: { workspace: string; action: string }): Page {
    return {
        title: 'Sign out · Tandem',
        overline: options.workspace,
        heading: 'Sign out of this workspace?',
        text: ['Its windows in this browser close. You stay signed in to the portal.'],
        actions: [{ label: 'Sign out', post: options.action }],
    };
}
