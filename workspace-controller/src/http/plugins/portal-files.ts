import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { API_PREFIX, OPEN_PATH } from '@tandem/protocol';
import type { FastifyInstance } from 'fastify';
import { notFound } from '../problems.ts';

/** Vite puts a hash of the content into these names, so they never change. */
const HASHED = /[/\\]assets[/\\]/;
const NOT_PAGES = [API_PREFIX, '/api/', '/auth/', OPEN_PATH, '/.well-known/', '/assets/'];

/** The portal's page as built; `undefined` when there is no build. */
export function readPortalPage(directory: string | undefined): string | undefined {
    if (directory === undefined) {
        return undefined;
    }
    try {
        return readFileSync(join(directory, 'index.html'), 'utf8');
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
            return undefined;
        }
        throw error;
    }
}

/** Serves the portal's static build; addresses that are no file get its page, which routes by itself. */
export async function installPortalFiles(app: FastifyInstance, directory: string, page: string): Promise<void> {
    await app.register(fastifyStatic, {
        root: directory,
        index: false,
        wildcard: true,
        preCompressed: true,
        cacheControl: false,
        setHeaders: (reply, path) => {
            void reply.header('cache-control', HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
    });
    app.setNotFoundHandler((request, reply) => {
        const path = request.url.split('?')[0] ?? '/';
        const navigates = (request.method === 'GET' || request.method === 'HEAD') && !NOT_PAGES.some((prefix) => path.startsWith(prefix));
        // What has an extension was meant as a file: a page in its place would be a confusing answer.
        if (!navigates || /\.[a-z0-9]{1,8}$/i.test(path)) {
            return notFound(request, reply);
        }
        return reply.code(200).header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page);
    });
    app.get('/', (_request, reply) => reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(page));
}
