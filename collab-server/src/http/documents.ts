import { AppError } from '@tandem/server-kit';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import type { CollabService } from '../service.ts';
import { requireServerToken } from './build-app.ts';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 768 }) });
const Version = Type.Object({ name: Type.String({ minLength: 1, maxLength: 768 }), id: Type.Integer({ minimum: 1 }) });
const MAX_PAGE = 500;

/** Documents over HTTP; names are one path segment, percent-encoded. */
export function registerDocuments(app: FastifyInstance, service: CollabService): void {
    const { documents } = service;
    void app.register((scope, _options, done) => {
        scope.addHook('onRequest', async (request) => requireServerToken(service, request));

        scope.get<{ Querystring: { prefix?: string; after?: string; limit?: number } }>(
            '/documents',
            {
                schema: {
                    querystring: Type.Object({
                        prefix: Type.Optional(Type.String({ maxLength: 256 })),
                        after: Type.Optional(Type.String({ maxLength: 256 })),
                        limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
                    }),
                },
            },
            async ({ query }) => {
                const limit = query.limit ?? 100;
                const items = await documents.list({ ...query, limit });
                return { items, next: items.length === limit ? items.at(-1)?.room : undefined };
            },
        );

        scope.delete<{ Querystring: { prefix: string } }>(
            '/documents',
            { schema: { querystring: Type.Object({ prefix: Type.String({ minLength: 1, maxLength: 256 }) }) } },
            async ({ query }) => {
                const removed = await documents.removeAll(query.prefix);
                service.logger.warn({ audit: 'remove-all', prefix: query.prefix, removed }, 'documents were removed');
                return { removed };
            },
        );

        scope.get<{ Params: { name: string }; Querystring: { as?: string; root?: string } }>(
            '/documents/:name',
            {
                schema: {
                    params: Name,
                    querystring: Type.Object({
                        as: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('text'), Type.Literal('update')])),
                        root: Type.Optional(Type.String({ maxLength: 256 })),
                    }),
                },
            },
            async ({ params, query }, reply) => {
                switch (query.as) {
                    case 'update':
                        return reply.type('application/octet-stream').send(Buffer.from(await documents.read(params.name)));
                    case 'text':
                        return reply.type('text/plain; charset=utf-8').send(await documents.readText(params.name, query.root));
                    default:
                        return documents.readJson(params.name);
                }
            },
        );

        scope.post<{ Params: { name: string }; Body: Buffer }>(
            '/documents/:name/updates',
            { schema: { params: Name } },
            async (request, reply) => {
                if (!Buffer.isBuffer(request.body)) {
                    throw new AppError('unsupported-media-type', 'Send a Yjs update (V1) as application/octet-stream.');
                }
                await documents.apply(request.params.name, request.body);
                return reply.status(204).send();
            },
        );

        scope.post<{ Params: { name: string }; Body: { to: string } }>(
            '/documents/:name/copy',
            { schema: { params: Name, body: Type.Object({ to: Type.String({ minLength: 1, maxLength: 256 }) }) } },
            async ({ params, body }, reply) => {
                await documents.copy(params.name, body.to);
                return reply.status(204).send();
            },
        );

        scope.delete<{ Params: { name: string } }>('/documents/:name', { schema: { params: Name } }, async ({ params }, reply) => {
            if (!(await documents.remove(params.name))) {
                throw new AppError('not-found', `There is no document ${params.name}.`);
            }
            service.logger.warn({ audit: 'remove', room: params.name }, 'a document was removed');
            return reply.status(204).send();
        });

        scope.post<{ Params: { name: string } }>('/documents/:name/purge', { schema: { params: Name } }, async ({ params }, reply) => {
            await documents.purge(params.name);
            return reply.status(204).send();
        });

        scope.get<{ Params: { name: string } }>('/documents/:name/versions', { schema: { params: Name } }, async ({ params }) => ({
            items: await documents.listVersions(params.name),
        }));

        scope.post<{ Params: { name: string }; Body: { name: string; author?: string } }>(
            '/documents/:name/versions',
            {
                schema: {
                    params: Name,
                    body: Type.Object({
                        name: Type.String({ minLength: 1, maxLength: 200 }),
                        author: Type.Optional(Type.String({ maxLength: 200 })),
                    }),
                },
            },
            async ({ params, body }, reply) => {
                const version = await documents.saveVersion(params.name, { name: body.name, author: body.author ?? '' });
                return reply.status(201).send(version);
            },
        );

        scope.get<{ Params: { name: string; id: number }; Querystring: { as?: string } }>(
            '/documents/:name/versions/:id',
            {
                schema: {
                    params: Version,
                    querystring: Type.Object({ as: Type.Optional(Type.Union([Type.Literal('json'), Type.Literal('update')])) }),
                },
            },
            async ({ params, query }, reply) => {
                const update = await documents.readVersion(params.name, params.id);
                return query.as === 'update'
                    ? reply.type('application/octet-stream').send(Buffer.from(update))
                    : documents.versionAsJson(update);
            },
        );

        scope.get<{ Params: { name: string; id: number }; Querystring: { to?: number } }>(
            '/documents/:name/versions/:id/diff',
            { schema: { params: Version, querystring: Type.Object({ to: Type.Optional(Type.Integer({ minimum: 1 })) }) } },
            ({ params, query }) => documents.compare(params.name, params.id, query.to),
        );

        scope.post<{ Params: { name: string; id: number } }>(
            '/documents/:name/versions/:id/restore',
            { schema: { params: Version } },
            async ({ params }, reply) => {
                await documents.restore(params.name, params.id);
                return reply.status(204).send();
            },
        );
        done();
    });
}
