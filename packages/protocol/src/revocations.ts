import { Type, type Static } from 'typebox';

export const REVOCATION_KINDS = ['session', 'grant', 'user', 'workspace', 'token'] as const;

/**
 * One entry of the revocation feed (server-sent events, `id:` is the sequence). Whoever holds a live socket of `id`
 * closes it with 4401 (4408 when `expired`).
 */
export const Revocation = Type.Object({
    /** Rises by one per entry of this install. */
    sequence: Type.Integer({ minimum: 1 }),
    kind: Type.Unsafe<(typeof REVOCATION_KINDS)[number]>({ type: 'string', enum: [...REVOCATION_KINDS] }),
    /** Session id, grant id, user name, workspace name or token id (jti). */
    id: Type.String({ maxLength: 128 }),
    expired: Type.Boolean(),
    /** For the person whose socket closes. */
    reason: Type.String({ maxLength: 256 }),
    at: Type.String({ format: 'date-time', maxLength: 40 }),
});
export type Revocation = Static<typeof Revocation>;
