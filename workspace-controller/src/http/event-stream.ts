import { AppError } from '@tandem/server-kit';
import type { WatchEvent } from '../store/resource-store.ts';
import type { ApiContext, Authentication } from './api-context.ts';
import type { ApiDeps } from './deps.ts';
import { cursorOf, EventStream } from './sse.ts';
import { maySee } from './visibility.ts';

const openStreams = new WeakMap<ApiDeps, Map<string, number>>();

/**
 * Changes of what the caller can see. The rights are those at the time of the event; when the caller's own rights change,
 * the stream ends with an event `cursor-expired`, upon which a client lists again.
 */
export async function streamEvents(context: ApiContext<'streamEvents'>): Promise<void> {
    const { deps, request, reply, query, authentication, user } = context;
    const since = cursorOf(request, query.since);
    const release = admit(deps, user.metadata.name);
    let watch;
    try {
        watch = await deps.store.watch({ since });
    } catch (error) {
        release();
        throw error;
    }
    const stream = new EventStream(request, reply);
    stream.own({ dispose: release });
    stream.own({ dispose: () => watch.close() });
    endWithSession(deps, authentication, stream);
    void follow(context, watch, stream);
}

async function follow(context: ApiContext<'streamEvents'>, watch: AsyncIterable<WatchEvent>, stream: EventStream): Promise<void> {
    const { deps, authentication, query, user } = context;
    const { rights } = deps.auth;
    const mine = fingerprint(context);
    const all = query.all === true;
    stream.own(
        rights.onDidChange((event) => {
            if (event.kind !== 'Workspace' && fingerprint(context) !== mine) {
                stream.send({ name: 'cursor-expired', data: { reason: 'Your rights changed. List again.' } });
                stream.end();
            }
        }),
    );
    try {
        for await (const event of watch) {
            if (maySee(rights, authentication.caller, event.object, all)) {
                stream.send({ id: event.version, data: { kind: event.kind, type: event.type, object: event.object } });
            } else {
                stream.skip(event.version);
            }
            if (!stream.open) {
                return;
            }
        }
    } catch (error) {
        if (error instanceof AppError && error.code === 'cursor-expired') {
            stream.send({ name: 'cursor-expired', data: { reason: error.message } });
        } else {
            deps.logger.error({ err: error, user: user.metadata.uid }, 'An event stream failed');
        }
    }
    stream.end();
}

/** What decides over what a person sees: when it changes, what was seen before no longer tells what there is. */
function fingerprint(context: ApiContext<'streamEvents'>): string {
    const { deps, user } = context;
    const { rights } = deps.auth;
    const name = user.metadata.name;
    const person = rights.user(name);
    const teams = rights.teamsOf(name).map(({ team, role }) => `${team.metadata.name}:${role}`);
    const grants = rights.grants().filter((grant) => grant.spec.subject === name && rights.isActive(grant));
    return JSON.stringify([person?.spec.admin, person?.spec.disabled, teams.sort(), grants.map((grant) => grant.metadata.uid).sort()]);
}

/** A stream ends with what opened it. */
function endWithSession(deps: ApiDeps, authentication: Authentication, stream: EventStream): void {
    const ids = [authentication.session?.id, authentication.token?.id, authentication.user?.metadata.name];
    stream.own(
        deps.auth.revocations.onDidRevoke((revocation) => {
            if (['session', 'token', 'user'].includes(revocation.kind) && ids.includes(revocation.id)) {
                stream.end();
            }
        }),
    );
}

function admit(deps: ApiDeps, user: string): () => void {
    const counts = openStreams.get(deps) ?? new Map<string, number>();
    openStreams.set(deps, counts);
    const limit = deps.limits?.streamsPerUser ?? 32;
    const count = counts.get(user) ?? 0;
    if (count >= limit) {
        throw new AppError('too-many-requests', `You have ${limit} event streams open. Close some tabs or scripts.`);
    }
    counts.set(user, count + 1);
    let released = false;
    return () => {
        if (!released) {
            released = true;
            counts.set(user, (counts.get(user) ?? 1) - 1);
        }
    };
}
