import { describe, expect, it } from 'vitest';
import type { AccessGrant } from '@tandem/protocol';
import { grantState } from './grant-reconciler.ts';

const expiresAt = '2026-01-01T10:00:00.000Z';
const at = Date.parse(expiresAt);
const grant = (spec: Partial<AccessGrant['spec']>) => ({ spec: { revoked: false, ...spec } }) as AccessGrant;

describe('the state of a grant', () => {
    it('is active until the very moment it expires', () => {
        expect(grantState(grant({ expiresAt }), at - 1)).toBe('active');
        expect(grantState(grant({ expiresAt }), at)).toBe('expired');
    });

    it('is active for ever without an end, and revoked before all else', () => {
        expect(grantState(grant({}), at)).toBe('active');
        expect(grantState(grant({ expiresAt, revoked: true }), at)).toBe('revoked');
    });
});
