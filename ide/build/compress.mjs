import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { filesBelow } from './cache.mjs';

const COMPRESSED = new Set(['.js', '.css', '.json', '.html', '.svg', '.wasm', '.ttf', '.plist']);
const MINIMUM_BYTES = 1_024;
/** Above this the best quality takes minutes for a few per cent. */
const BEST_QUALITY_LIMIT_BYTES = 400_000;

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** Puts a `.br` and a `.gz` beside every file of `folder` that shrinks. */
export async function compressFolder(folder) {
    const files = await filesBelow(folder, (file) => COMPRESSED.has(path.extname(file)));
    await Promise.all(
        files.map(async (file) => {
            const { size } = await stat(file);
            if (size < MINIMUM_BYTES) {
                return;
            }
            const bytes = await readFile(file);
            const quality = size > BEST_QUALITY_LIMIT_BYTES ? 9 : 11;
            const params = {
                [zlib.constants.BROTLI_PARAM_QUALITY]: quality,
                [zlib.constants.BROTLI_PARAM_LGWIN]: 22,
                [zlib.constants.BROTLI_PARAM_SIZE_HINT]: size,
            };
            const [br, gz] = await Promise.all([brotli(bytes, { params }), gzip(bytes, { level: 8 })]);
            await Promise.all([
                br.byteLength < size ? writeFile(`${file}.br`, br) : undefined,
                gz.byteLength < size ? writeFile(`${file}.gz`, gz) : undefined,
            ]);
        }),
    );
}
