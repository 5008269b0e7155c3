import { REVOCATION_KINDS } from '@tandem/protocol';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { CollabService } from '../service.ts';
import { requireServerToken } from './build-app.ts';

interface RevocationBody {
    kind: (typeof REVOCATION_KINDS)[number];
    id: string;
    expired?: boolean;
    reason?: string;
}

/** Revocations by call, and what is open right now. */
export function registerAdministration(app: FastifyInstance, service: CollabService): void {
    void app.register((scope, _options, done) => {
        scope.addHook('onRequest', async (request) => requireServerToken(service, request));

        scope.post<{ Body: RevocationBody }>(
            '/revocations',
            {
                schema: {
                    body: Type.Object({
                        kind: Type.Union(REVOCATION_KINDS.map((kind) => Type.Literal(kind))),
                        id: Type.String({ minLength: 1, maxLength: 128 }),
                        expired: Type.Optional(Type.Boolean()),
                        reason: Type.Optional(Type.String({ maxLength: 256 })),
                    }),
                },
            },
            ({ body }) => {
                const closed = service.revoke({
                    kind: body.kind,
                    id: body.id,
                    expired: body.expired ?? false,
                    reason: body.reason ?? 'revoked',
                });
                service.logger.warn({ audit: 'revoke', kind: body.kind, id: body.id, closed }, 'sockets were closed');
                return { closed };
            },
        );

        scope.get('/rooms', () => ({
            memoryBytes: service.memoryBytes,
            rooms: [...service.rooms.open()]
                .map((room) => ({
                    room: room.name,
                    bytes: room.state.byteLength,
                    updates: room.updates,
                    members: [...room.members].map((member) => ({
                        subject: member.subject,
                        name: member.displayName,
                        access: member.access,
                        protocol: member.address.key === '' ? 'y-websocket' : 'hocuspocus',
                        bufferedBytes: member.connection.bufferedBytes,
                        bytesIn: member.connection.bytesIn,
                        bytesOut: member.connection.bytesOut,
                        behind: member.staleSince !== undefined,
                    })),
                }))
                .sort((a, b) => b.members.length - a.members.length)
                .slice(0, 500),
        }));
        done();
    });
}
