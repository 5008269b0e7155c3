import type { Session, User } from '@tandem/protocol';
import type { SessionRecord } from '../auth/sessions.ts';
import type { ApiDeps } from './deps.ts';

/** What the page needs to act as the signed-in person. */
export async function sessionView(deps: ApiDeps, user: User, expiresAtMs: number, requestSecret?: string): Promise<Session> {
    const { rights } = deps.auth;
    const name = user.metadata.name;
    return {
        user: { name, displayName: user.spec.displayName, email: user.spec.email, admin: user.spec.admin },
        teams: rights.teamsOf(name).map(({ team, role }) => ({ name: team.metadata.name, displayName: team.spec.displayName, role })),
        ...(requestSecret === undefined ? {} : { requestSecret }),
        expiresAt: new Date(expiresAtMs).toISOString(),
        hasCredential: await deps.auth.hasCredential(name),
        version: deps.version,
    };
}

export const endOf = (deps: ApiDeps, session: SessionRecord): number => deps.auth.sessions.endsAtMs(session);
