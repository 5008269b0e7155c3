import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';

/** What the first page of any workspace loads; the rest comes when it is used. */
const FIRST_FILES = ['bundle.css', 'bundle.js'];

/**
 * `GET /ide-assets.json`: addresses of the IDE's bundles on the origin that all workspaces share, so that the portal can
 * have them in the browser's cache before a workspace is opened. Empty when the IDE is not built.
 */
export function installIdeAssets(app: FastifyInstance, options: { ideFrontendDirectory: string; staticOrigin: string }): void {
    app.get('/ide-assets.json', async (_request, reply) => {
        // Read anew each time: a new build has other names, and the file is a hundred bytes.
        const build = await readBuild(join(options.ideFrontendDirectory, 'manifest.json'));
        void reply.header('cache-control', 'no-cache');
        return build === undefined ? [] : FIRST_FILES.map((file) => `${options.staticOrigin}/${build}/${file}`);
    });
}

async function readBuild(file: string): Promise<string | undefined> {
    try {
        const { build } = JSON.parse(await readFile(file, 'utf8')) as { build?: unknown };
        return typeof build === 'string' ? build : undefined;
    } catch {
        return undefined;
    }
}
