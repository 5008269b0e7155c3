import { messages } from '../messages.ts';

export type TeamRole = 'lead' | 'developer';

/** Roles in a team, for a choice. */
export const TEAM_ROLES_TEXT: { value: TeamRole; label: string }[] = [
    { value: 'developer', label: messages.roles.developer },
    { value: 'lead', label: messages.roles.lead },
];
