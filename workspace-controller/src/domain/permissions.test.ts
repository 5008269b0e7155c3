import { operations, type OperationId } from '@tandem/protocol';
import { describe, expect, it } from 'vitest';
import { decide, type Caller, type Target } from './permissions.ts';

const person = (via: Extract<Caller, { kind: 'person' }>['via'], admin = false): Caller => ({ kind: 'person', name: 'ada', admin, via });
const own: Target = { team: { role: 'developer' }, workspace: { uid: 'u1', owner: 'ada', right: { role: 'owner', run: true } } };

describe('who may do what', () => {
    it('lets a token do no more than its scope', () => {
        const outcome = (scope: 'read' | 'write' | 'admin', id: OperationId): boolean =>
            decide(id, person({ kind: 'token', scope }, true), own).allowed;
        const table = (['getMe', 'keepAwake', 'createToken', 'setPassword', 'listAudit', 'updateUser', 'signOut'] as const).map((id) =>
            [id, ...(['read', 'write', 'admin'] as const).map((scope) => outcome(scope, id))].join(' '),
        );
        expect(table).toEqual([
            'getMe true true true',
            'keepAwake false true true',
            'createToken false false true',
            'setPassword false false true',
            'listAudit false false true',
            'updateUser false false true',
            'signOut false false false',
        ]);
    });

    it('lets a page of a workspace do only what is marked for it, and only in its own workspace', () => {
        const inside = (uid: string): Caller => person({ kind: 'workspace', workspaceUid: uid }, true);
        for (const id of Object.keys(operations) as OperationId[]) {
            const operation = operations[id] as { onWorkspaceOrigin?: boolean; access: string };
            if (operation.access !== 'public') {
                expect([id, decide(id, inside('u1'), own).allowed]).toEqual([id, operation.onWorkspaceOrigin === true]);
                expect([id, decide(id, inside('u2'), own).allowed]).toEqual([id, false]);
            }
        }
    });

    it('keeps the inside of a workspace from admins and leads', () => {
        const foreign: Target = { team: { role: 'lead' }, workspace: { uid: 'u1', owner: 'bob', right: undefined } };
        for (const id of ['openWorkspace', 'createGrant', 'getWorkspaceLog', 'listPorts'] as const) {
            expect(decide(id, person({ kind: 'session' }, true), foreign)).toMatchObject({ allowed: false, code: 'forbidden' });
        }
        expect(decide('hibernateWorkspace', person({ kind: 'session' }), foreign).allowed).toBe(true);
        expect(decide('deleteWorkspace', person({ kind: 'session' }), foreign).allowed).toBe(false);
        expect(decide('deleteWorkspace', person({ kind: 'session' }, true), foreign).allowed).toBe(true);
    });

    it('gives a grant’s holder what the grant says', () => {
        const granted = (role: 'viewer' | 'editor' | 'owner', run: boolean): Target => ({
            team: { role: undefined },
            workspace: { uid: 'u1', owner: 'bob', right: { role, run } },
        });
        const may = (id: OperationId, target: Target): boolean => decide(id, person({ kind: 'session' }), target).allowed;
        expect(['getWorkspace', 'openWorkspace'].map((id) => may(id as OperationId, granted('viewer', false)))).toEqual([true, true]);
        expect(may('keepAwake', granted('viewer', false))).toBe(false);
        expect(may('keepAwake', granted('editor', false))).toBe(true);
        expect(may('listPorts', granted('editor', false))).toBe(false);
        expect(may('listPorts', granted('editor', true))).toBe(true);
        expect(may('deleteWorkspace', granted('editor', true))).toBe(false);
        expect(may('deleteWorkspace', granted('owner', false))).toBe(true);
    });
});
