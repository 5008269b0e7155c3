import { RESERVED_PATH, type WorkspaceSessionState } from '@tandem/protocol';
import type { Page } from './page.ts';

/**
 * Runs in the browser: asks for the state until the workspace answers, then loads the page that was wanted. It asks at
 * a calm pace, not at all while nobody looks, and never reloads unless the state says that it will help.
 */
const FOLLOW_STATE = `
const byId = id => document.getElementById(id);
const names = { queued: 'Waiting for room', claimed: 'Workspace assigned', cloning: 'Cloning the repository', preparing: 'Preparing', ready: 'Starting the editor' };
let delay = 400, timer, hibernatedSince, unreachable = 0;
const seconds = (from, to) => Math.max(0, Math.round(((to ? Date.parse(to) : Date.now()) - Date.parse(from)) / 1000)) + ' s';
const showStages = stages => {
    const list = byId('stages');
    const running = stages.some(stage => !stage.endedAt);
    list.hidden = !running;
    if (!running) return;
    list.replaceChildren(...stages.map(stage => {
        const item = document.createElement('li');
        if (!stage.endedAt) item.className = 'now';
        const cells = [['state', stage.endedAt ? '\\u2713' : '\\u2022'], ['name', (names[stage.stage] || stage.stage) + (stage.percent === undefined || stage.endedAt ? '' : ' ' + stage.percent + ' %')], ['time', seconds(stage.startedAt, stage.endedAt)]];
        for (const [kind, text] of cells) {
            const cell = document.createElement('span');
            cell.className = kind;
            cell.textContent = text;
            item.append(cell);
        }
        return item;
    }));
};
const say = text => { const line = byId('progress'); if (line.textContent !== text) line.textContent = text; };
const stop = (heading, text) => {
    byId('heading').textContent = heading;
    byId('text').replaceChildren();
    say(text);
    byId('progress').parentElement.classList.add('still');
    document.title = heading;
};
const ask = async () => {
    if (document.hidden) return;
    try {
        const answer = await fetch(settings.sessionUrl, { cache: 'no-store', headers: { Accept: 'application/json' } });
        const session = await answer.json();
        unreachable = 0;
        if (session.state === 'active') { location.reload(); return; }
        if (session.state === 'signed-out' || session.state === 'expired') { location.replace(settings.openUrl); return; }
        if (session.state === 'revoked') { stop('You have no access any more', session.reason); return; }
        if (session.state === 'unavailable') { stop('The workspace needs attention', session.reason); return; }
        hibernatedSince = session.state === 'hibernated' ? hibernatedSince || Date.now() : undefined;
        if (hibernatedSince && Date.now() - hibernatedSince > 8000) { stop('The workspace is hibernated', session.reason); return; }
        showStages(session.workspace ? session.workspace.stages : []);
        say(session.state === 'hibernated' ? settings.label : session.reason);
    } catch {
        if (++unreachable > 2) say('The server does not answer. Trying again\\u2026');
    }
    delay = Math.min(delay * 1.3, 2000);
    timer = setTimeout(ask, delay);
};
document.addEventListener('visibilitychange', () => { clearTimeout(timer); if (!document.hidden) { delay = 400; void ask(); } });
timer = setTimeout(ask, delay);
`;

/** Shown instead of a workspace that is on its way; continues on its own. */
export function waitingPage(options: {
    workspace: string;
    displayName: string;
    session: WorkspaceSessionState;
    openUrl: string;
    portalUrl: string;
}): Page {
    const { session } = options;
    const stuck = session.state === 'unavailable';
    const wakes = session.state === 'hibernated';
    const label = wakes ? 'Waking it up…' : session.reason;
    return {
        title: `${options.displayName} · Tandem`,
        overline: options.workspace,
        heading: stuck ? 'The workspace needs attention' : wakes ? `Resuming ${options.displayName}` : `Opening ${options.displayName}`,
        text: stuck ? [session.reason] : ['The page continues by itself as soon as the workspace answers.'],
        ...(stuck ? {} : { progress: { label } }),
        actions: stuck
            ? [
                  { label: 'Open the portal', href: options.portalUrl },
                  { label: 'Try again', reload: true },
              ]
            : [{ label: 'Open the portal', href: options.portalUrl }],
        ...(session.reasonCode === undefined ? {} : { footnote: session.reasonCode }),
        ...(stuck ? {} : { script: followState({ label, openUrl: options.openUrl }) }),
    };
}

/** Program of a page that waits for a workspace or port to answer. */
export function followState(options: { label: string; openUrl: string }): NonNullable<Page['script']> {
    return { source: FOLLOW_STATE, settings: { ...options, sessionUrl: `${RESERVED_PATH}session?probe=1` } };
}
