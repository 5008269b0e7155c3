import react from '@vitejs/plugin-react';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const API = process.env['TANDEM_DEV_API'] ?? 'http://127.0.0.1:25000';

/** Puts a brotli and a gzip file beside every text that is worth it, so that the server only sends files. */
function precompress(): Plugin {
    let directory = '';
    const brotli = promisify(brotliCompress);
    return {
        name: 'tandem-precompress',
        apply: 'build',
        configResolved: ({ root, build }) => {
            directory = join(root, build.outDir);
        },
        closeBundle: async () => {
            const files = await readdir(directory, { recursive: true });
            const texts = files.filter((file) => /\.(js|css|svg)$/.test(file));
            await Promise.all(
                texts.map(async (file) => {
                    const path = join(directory, file);
                    const content = await readFile(path);
                    if (content.length < 1024) {
                        return;
                    }
                    await writeFile(`${path}.br`, await brotli(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
                    await writeFile(`${path}.gz`, await promisify(gzip)(content, { level: 9 }));
                }),
            );
        },
    };
}

export default defineConfig({
    plugins: [react(), precompress()],
    build: {
        target: 'es2023',
        // Small files too: a strict content security policy allows no data: addresses for scripts and styles.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        rolldownOptions: {
            output: {
                codeSplitting: {
                    groups: [
                        // What every page needs and what seldom changes is kept by browsers across our releases.
                        { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler|react-router)[\\/]/, priority: 3 },
                        // Small files that many pages share cost a request each.
                        { name: 'library', test: /node_modules/, minShareCount: 4, priority: 2 },
                        { name: 'shared', test: /portal[\\/]src|packages[\\/]/, minShareCount: 3, priority: 1 },
                    ],
                },
            },
        },
    },
    server: {
        proxy: Object.fromEntries(['/api', '/open', '/auth', '/ide-assets.json'].map((path) => [path, { target: API }])),
    },
});
