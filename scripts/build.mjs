// npm run build: builds what is stale. `npm run build -- services portal` builds only these.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildStale } from './lib/build-steps.mjs';
import { requirePinnedNode } from './lib/node-version.mjs';

requirePinnedNode();
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const only = process.argv.slice(2);
try {
    await buildStale(root, { only: only.length > 0 ? only : undefined });
} catch (error) {
    console.error(error.message);
    process.exit(1);
}
