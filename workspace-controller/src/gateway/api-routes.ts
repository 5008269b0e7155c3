import { API_PREFIX, operations, REQUEST_SECRET_HEADER, RESERVED_PATH, TEAM_NAMESPACE_PREFIX, type Operation } from '@tandem/protocol';
import { admit } from './admission.ts';
import { sendProblem } from './problem.ts';
import { checkOrigin, SAFE_METHODS } from './request-kind.ts';
import { isRequestSecret } from './request-secret.ts';
import { pathOf, queryOf } from './reserved-path.ts';
import type { ReservedCall } from './reserved-routes.ts';

interface Route {
    method: string;
    segments: readonly string[];
}

/** `/v1`: what follows `/.tandem/api`, so that a client needs no more than another base address. */
const VERSION_PREFIX = API_PREFIX.slice('/api'.length);

/** What a page of a workspace may call: nothing but operations marked for it. */
const ROUTES: readonly Route[] = (Object.values(operations) as Operation[])
    .filter((operation) => operation.onWorkspaceOrigin === true)
    .map((operation) => ({ method: operation.method, segments: operation.path.slice('/api/'.length).split('/') }));

/**
 * Finds the marked operation for a call.
 *
 * @param path below `/.tandem/api`, such as `/v1/teams/home/workspaces/api-x7k2`
 * @returns its path parameters, or undefined when no page of a workspace may call it
 */
export function matchOperation(method: string, path: string): Record<string, string> | undefined {
    const given = path.replace(/^\//, '').split('/');
    for (const route of ROUTES) {
        const parameters = route.method === method ? matchSegments(route.segments, given) : undefined;
        if (parameters) {
            return parameters;
        }
    }
    return undefined;
}

/** Passes a call on to the API with the rights of this person in this workspace. */
export function handleApi({ context, request, response, target, rest }: ReservedCall): void {
    const admission = admit(context, request, target);
    if ('refused' in admission) {
        sendProblem(response, admission.refused === 'denied' ? 'forbidden' : 'not-signed-in', admission.explanation);
        return;
    }
    const method = request.method ?? 'GET';
    const verdict = checkOrigin({ method, headers: request.headers }, context.addresses.originOf(target));
    if (!verdict.allowed || (request.headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin') {
        sendProblem(response, 'origin-refused', verdict.allowed ? 'The call comes from another origin.' : verdict.reason);
        return;
    }
    const { access, handle } = admission;
    if (!SAFE_METHODS.has(method) && !isRequestSecret(handle, request.headers[REQUEST_SECRET_HEADER])) {
        const message = `The header ${REQUEST_SECRET_HEADER} is missing or wrong. ${RESERVED_PATH}session tells it.`;
        sendProblem(response, 'origin-refused', message);
        return;
    }
    const path = pathOf(rest);
    const parameters = path.startsWith(`${VERSION_PREFIX}/`) ? matchOperation(method, path) : undefined;
    if (parameters === undefined || context.api === undefined) {
        sendProblem(response, 'not-found', 'This operation is not offered to pages of a workspace. Use the portal.');
        return;
    }
    const names = { team: access.workspace.namespace.slice(TEAM_NAMESPACE_PREFIX.length), name: access.workspace.name };
    if (parameters['name'] !== names.name || parameters['team'] !== names.team) {
        sendProblem(response, 'forbidden', `A page of ${names.name} may act on this workspace only.`);
        return;
    }
    context.api(request, response, { url: `/api${path}${queryOf(request.url ?? '')}`, access });
}

function matchSegments(wanted: readonly string[], given: readonly string[]): Record<string, string> | undefined {
    if (wanted.length !== given.length) {
        return undefined;
    }
    const parameters: Record<string, string> = {};
    for (const [index, segment] of wanted.entries()) {
        const value = given[index] ?? '';
        if (segment.startsWith(':')) {
            if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(value)) {
                return undefined;
            }
            parameters[segment.slice(1)] = value;
        } else if (segment !== value) {
            return undefined;
        }
    }
    return parameters;
}
