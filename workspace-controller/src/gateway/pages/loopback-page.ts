import type { Page } from './page.ts';

/**
 * Runs in the browser: goes on as soon as the portal's name leads somewhere. The answer itself is not readable from
 * here, that there is one is enough.
 */
const FIND_PORTAL = `
let delay = 1000;
const look = async () => {
    try {
        await fetch(settings.probeUrl, { mode: 'no-cors', cache: 'no-store', credentials: 'omit' });
        location.replace(settings.portalUrl);
    } catch {
        setTimeout(look, delay);
        delay = Math.min(delay * 1.5, 5000);
    }
};
void look();
`;

/** For browsers that do not resolve names below `.localhost` by themselves, which is Safari. */
export function loopbackPage(options: { portalUrl: string; portalHost: string; probeUrl: string }): Page {
    return {
        title: 'Tandem',
        heading: `Tandem lives at ${options.portalHost}`,
        text: [
            'Safari does not find addresses that end in .localhost by itself. Run this command once, in the folder where you start Tandem; it writes them to the hosts file and asks for your password.',
            'Chrome, Edge and Firefox need nothing.',
        ],
        command: 'npx tandem hosts',
        progress: { label: 'This page continues as soon as the address is found.' },
        actions: [{ label: 'Open Tandem', href: options.portalUrl }],
        script: { source: FIND_PORTAL, settings: { portalUrl: options.portalUrl, probeUrl: options.probeUrl } },
        connectTo: [new URL(options.portalUrl).origin],
    };
}
