import { AppError } from '@tandem/server-kit';
import type { Handlers } from '../api-context.ts';
import { keyOfObject, paginate } from '../paginate.ts';
import { maySeePerson } from '../visibility.ts';

export const peopleHandlers: Handlers<
    | 'listUsers'
    | 'updateUser'
    | 'listInvitations'
    | 'createInvitation'
    | 'revokeInvitation'
    | 'getInvitation'
    | 'acceptInvitation'
    | 'getSharedMachine'
    | 'acceptSharedMachine'
> = {
    listUsers: async ({ deps, query, authentication }) => {
        const { rights } = deps.auth;
        const { version } = rights;
        const visible = rights.users().filter((user) => maySeePerson(rights, authentication.caller, user));
        return { ...paginate(visible, keyOfObject, query), version };
    },

    updateUser: async ({ deps, params, body, user, audit }) => {
        const { people, rights } = deps.auth;
        const target = rights.user(params.name);
        const losesAdmin = body.admin === false || body.disabled === true;
        const otherAdmins = rights
            .users()
            .filter((other) => other.spec.admin && !other.spec.disabled && other.metadata.name !== params.name);
        if (losesAdmin && target?.spec.admin === true && otherAdmins.length === 0) {
            throw new AppError('wrong-state', `${target.spec.displayName} is the only admin. Make someone else an admin first.`);
        }
        if (body.disabled === true && params.name === user.metadata.name) {
            throw new AppError('wrong-state', 'You cannot disable your own account. Ask another admin.');
        }
        audit.target = `User/${params.name}`;
        audit.detail = Object.fromEntries(Object.entries(body).map(([key, value]) => [key, String(value)]));
        return people.update(params.name, (object) => {
            object.spec.admin = body.admin ?? object.spec.admin;
            object.spec.disabled = body.disabled ?? object.spec.disabled;
        });
    },

    listInvitations: async ({ deps }) => ({ items: await deps.auth.invitations.list() }),

    createInvitation: async ({ deps, body, user, audit }) => {
        audit.detail = { email: body.email, admin: String(body.admin ?? false), team: body.team ?? '', role: body.role ?? '' };
        const invitation = await deps.auth.invitations.create(body, user.metadata.name);
        audit.target = `Invitation/${invitation.id}`;
        return invitation;
    },

    revokeInvitation: async ({ deps, params, audit }) => {
        audit.target = `Invitation/${params.id}`;
        const { email } = await deps.auth.invitations.revoke(params.id);
        audit.detail['email'] = email;
    },

    getInvitation: async ({ deps, params }) => deps.auth.invitations.look(params.id),

    acceptInvitation: async ({ deps, params, body, audit, signIn }) => {
        const invitation = await deps.auth.invitations.look(params.id);
        audit.actor = invitation.email.slice(0, 64);
        audit.target = `Invitation/${invitation.id}`;
        audit.detail['email'] = invitation.email;
        const user = await deps.auth.invitations.accept(params.id, body);
        return signIn(user, 'invitation');
    },

    getSharedMachine: async ({ deps }) => ({
        isolated: deps.auth.people.isolated,
        accepted: await deps.auth.people.sharedMachineAccepted(),
    }),

    acceptSharedMachine: async ({ deps, body, audit }) => {
        audit.detail['accepted'] = String(body.accepted);
        await deps.auth.people.acceptSharedMachine(body.accepted);
        return { isolated: deps.auth.people.isolated, accepted: body.accepted };
    },
};
