import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const CONTENT_TYPES: Readonly<Record<string, string>> = {
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.json': 'application/json; charset=utf-8',
    '.plist': 'text/plain; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.wasm': 'application/wasm',
    '.ttf': 'font/ttf',
    '.woff': 'font/woff',
    '.woff2': 'font/woff2',
    '.png': 'image/png',
    '.map': 'application/json',
};

const ENCODINGS = [
    { name: 'br', suffix: '.br' },
    { name: 'gzip', suffix: '.gz' },
] as const;

/** @returns the encodings that the client takes, best first. */
export function acceptedEncodings(header: string | undefined): readonly (typeof ENCODINGS)[number][] {
    const refused = /(^|,)\s*(br|gzip)\s*;\s*q=0(\.0+)?\s*(,|$)/;
    const tokens = (header ?? '').split(',').filter((token) => !refused.test(token));
    const names = tokens.map((token) => token.split(';')[0]?.trim().toLowerCase());
    return ENCODINGS.filter(({ name }) => names.includes(name) || names.includes('*'));
}

async function isFile(file: string): Promise<number | undefined> {
    const found = await stat(file).catch(() => undefined);
    return found?.isFile() ? found.size : undefined;
}

/**
 * Sends a file whose address contains the hash of its content: compressed at build time, cached for ever.
 * @param folder the folder that the address is relative to; nothing outside is sent.
 * @returns whether there is such a file.
 */
export async function sendAsset(folder: string, pathname: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    let relative: string;
    try {
        relative = decodeURIComponent(pathname);
    } catch {
        return false;
    }
    const file = path.join(folder, relative);
    if (relative.includes('\0') || !file.startsWith(folder + path.sep)) {
        return false;
    }
    const type = CONTENT_TYPES[path.extname(file)] ?? 'application/octet-stream';
    const candidates = [...acceptedEncodings(request.headers['accept-encoding']), { name: undefined, suffix: '' }];
    for (const { name, suffix } of candidates) {
        const size = await isFile(file + suffix);
        if (size !== undefined) {
            response.statusCode = 200;
            response.setHeader('Content-Type', type);
            response.setHeader('Content-Length', size);
            response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
            response.setHeader('Vary', 'Accept-Encoding');
            response.setHeader('X-Content-Type-Options', 'nosniff');
            if (name) {
                response.setHeader('Content-Encoding', name);
            }
            if (request.method === 'HEAD') {
                response.end();
            } else {
                // A reader that goes away in the middle is no failure of ours.
                await pipeline(createReadStream(file + suffix), response).catch(() => undefined);
            }
            return true;
        }
    }
    return false;
}
