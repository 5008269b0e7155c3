import { randomBytes } from 'node:crypto';
import { AppError } from '@tandem/server-kit';
import { updateObject } from '../../auth/update-object.ts';
import type { Handlers } from '../api-context.ts';
import { keyOfObject, paginate } from '../paginate.ts';
import { maySeeGrant } from '../visibility.ts';

export const grantHandlers: Handlers<'listGrants' | 'createGrant' | 'revokeGrant'> = {
    listGrants: async ({ deps, query, authentication }) => {
        const { rights } = deps.auth;
        const { version } = rights;
        const visible = rights.grants().filter((grant) => maySeeGrant(rights, authentication.caller, grant));
        return { ...paginate(visible, keyOfObject, query), version };
    },

    createGrant: async ({ deps, body, user, workspace, audit }) => {
        const { rights, people } = deps.auth;
        const subject = rights.user(body.subject);
        audit.detail = { subject: body.subject, role: body.role, run: String(body.run), reason: body.reason };
        if (subject === undefined || subject.spec.disabled) {
            throw new AppError('invalid-request', `There is no person "${body.subject}".`, { pointer: '/subject' });
        }
        if (body.subject === workspace.spec.owner) {
            throw new AppError('invalid-request', `${subject.spec.displayName} owns this workspace already.`, { pointer: '/subject' });
        }
        if (!people.isolated && body.run && !(await people.sharedMachineAccepted())) {
            throw new AppError(
                'shared-machine-not-accepted',
                "People on this machine could read each other's files. An admin accepts this under People.",
            );
        }
        const { namespace, name } = workspace.metadata;
        const minutes = body.durationMinutes;
        const expiresAt = minutes === undefined ? {} : { expiresAt: new Date(deps.clock.now() + minutes * 60_000).toISOString() };
        const grant = await deps.store.create({
            kind: 'AccessGrant',
            metadata: { namespace, name: `${name}-${randomBytes(4).toString('hex')}` },
            spec: {
                workspaceRef: name,
                subject: body.subject,
                role: body.role,
                run: body.run,
                reason: body.reason,
                grantedBy: user.metadata.name,
                revoked: false,
                ...expiresAt,
            },
            status: { observedGeneration: 0, state: 'active', conditions: [] },
        });
        rights.apply(grant);
        audit.detail['grant'] = grant.metadata.uid;
        return grant;
    },

    revokeGrant: async ({ deps, grant, audit }) => {
        const { namespace, name, uid } = grant.metadata;
        audit.detail = { subject: grant.spec.subject, workspace: grant.spec.workspaceRef, grant: uid };
        await updateObject(deps.store, deps.auth.rights, { kind: 'AccessGrant', namespace, name }, (object) => {
            if (object.spec.revoked) {
                return false;
            }
            object.spec.revoked = true;
            return undefined;
        });
    },
};
