import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { sendProblem } from './problem.ts';

/** A missed file makes the folder be read again, at most this often: a new build appears without a restart. */
const RESCAN_INTERVAL_MS = 2_000;

const MEDIA_TYPES: Readonly<Record<string, string>> = {
    '.js': 'text/javascript; charset=utf-8',
    '.mjs': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.html': 'text/html; charset=utf-8',
    '.json': 'application/json; charset=utf-8',
    '.map': 'application/json; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.png': 'image/png',
    '.gif': 'image/gif',
    '.jpg': 'image/jpeg',
    '.ico': 'image/x-icon',
    '.wasm': 'application/wasm',
    '.woff': 'font/woff',
    '.woff2': 'font/woff2',
    '.ttf': 'font/ttf',
    '.otf': 'font/otf',
    '.txt': 'text/plain; charset=utf-8',
    '.webmanifest': 'application/manifest+json',
};

const ENCODINGS = [
    { name: 'br', suffix: '.br' },
    { name: 'gzip', suffix: '.gz' },
] as const;

interface Variant {
    path: string;
    size: number;
}

interface StaticFile {
    etag: string;
    mediaType: string;
    /** Whether the name changes with the content. */
    hashed: boolean;
    plain: Variant;
    encoded: Partial<Record<(typeof ENCODINGS)[number]['name'], Variant>>;
}

/**
 * Files of one folder, served from a list that is made beforehand: a path that is not in it does not exist, so no path
 * leads out of the folder. Compressed neighbours (`.br`, `.gz`) are sent to who takes them.
 */
export class StaticFiles {
    private readonly directory: string;
    private readonly accepts: (path: string) => boolean;
    private files = new Map<string, StaticFile>();
    private scannedAtMs = 0;

    /** @param accepts which files are served, by their path with forward slashes */
    constructor(options: { directory: string; accepts?: (path: string) => boolean }) {
        this.directory = options.directory;
        this.accepts = options.accepts ?? (() => true);
    }

    /**
     * Answers with a file.
     *
     * @param path decoded, relative, with forward slashes
     * @param headers added to the answer
     */
    serve(request: IncomingMessage, response: ServerResponse, path: string, headers: Readonly<Record<string, string>>): void {
        if (request.method !== 'GET' && request.method !== 'HEAD') {
            response.setHeader('Allow', 'GET, HEAD');
            sendProblem(response, 'method-not-allowed', 'Files are read with GET.');
            return;
        }
        const file = this.find(path);
        if (file === undefined) {
            sendProblem(response, 'not-found', 'There is no such file.');
            return;
        }
        const encoding = ENCODINGS.find(({ name }) => file.encoded[name] !== undefined && takes(request.headers['accept-encoding'], name));
        const variant = (encoding && file.encoded[encoding.name]) ?? file.plain;
        const etag = encoding ? `"${file.etag}-${encoding.name}"` : `"${file.etag}"`;
        const head: Record<string, string> = {
            ...headers,
            'Cache-Control': file.hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
            ETag: etag,
            Vary: 'Accept-Encoding',
            'X-Content-Type-Options': 'nosniff',
        };
        if (request.headers['if-none-match']?.includes(etag)) {
            response.writeHead(304, head);
            response.end();
            return;
        }
        head['Content-Type'] = file.mediaType;
        head['Content-Length'] = String(variant.size);
        if (encoding) {
            head['Content-Encoding'] = encoding.name;
        }
        if (request.method === 'HEAD') {
            response.writeHead(200, head);
            response.end();
            return;
        }
        const stream = createReadStream(variant.path);
        stream.once('open', () => response.writeHead(200, head));
        pipeline(stream, response, (error) => {
            if (error && !response.headersSent) {
                sendProblem(response, 'not-found', 'There is no such file.');
            }
        });
    }

    private find(path: string): StaticFile | undefined {
        const known = this.files.get(path);
        if (known !== undefined) {
            return known;
        }
        const now = Date.now();
        if (now - this.scannedAtMs >= RESCAN_INTERVAL_MS) {
            this.scannedAtMs = now;
            this.files = scan(this.directory, this.accepts);
        }
        return this.files.get(path);
    }
}

/**
 * Path below the root of a host, decoded once.
 *
 * @returns undefined for what is no plain path: broken encoding, dots, backslashes, control characters
 */
export function staticPath(urlPath: string): string | undefined {
    let decoded: string;
    try {
        decoded = decodeURIComponent(urlPath);
    } catch {
        return undefined;
    }
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    return /[\x00-\x1f\\]|(^|\/)\.\.?(\/|$)|\/\/|%/.test(decoded) ? undefined : decoded.replace(/^\//, '');
}

function scan(directory: string, accepts: (path: string) => boolean): Map<string, StaticFile> {
    const sizes = new Map<string, number>();
    const files = new Map<string, StaticFile>();
    let entries;
    try {
        entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    } catch {
        return files;
    }
    const paths: { path: string; file: string; modifiedMs: number }[] = [];
    for (const entry of entries) {
        if (entry.isFile()) {
            const file = join(entry.parentPath, entry.name);
            const stats = statSync(file, { throwIfNoEntry: false });
            if (stats) {
                sizes.set(file, stats.size);
                paths.push({ path: relative(directory, file).split(sep).join('/'), file, modifiedMs: stats.mtimeMs });
            }
        }
    }
    for (const { path, file, modifiedMs } of paths) {
        if (!accepts(path) || ENCODINGS.some(({ suffix }) => path.endsWith(suffix))) {
            continue;
        }
        const size = sizes.get(file) ?? 0;
        const encoded: StaticFile['encoded'] = {};
        for (const { name, suffix } of ENCODINGS) {
            const encodedSize = sizes.get(file + suffix);
            if (encodedSize !== undefined) {
                encoded[name] = { path: file + suffix, size: encodedSize };
            }
        }
        files.set(path, {
            etag: createHash('sha256').update(`${path} ${size} ${modifiedMs}`).digest('base64url').slice(0, 22),
            mediaType: MEDIA_TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
            hashed: hasHashedName(path),
            plain: { path: file, size },
            encoded,
        });
    }
    return files;
}

/**
 * Whether a path carries a hash of its content, as bundlers write it: in the name (`bundle.3f9c2a71.js`,
 * `chunk-QX7L2K4A.js`) or as a folder (`22e20909c14fce9d/bundle.js`).
 */
export function hasHashedName(path: string): boolean {
    if (/(^|\/)(?=[0-9a-f]*\d)[0-9a-f]{16,64}\//.test(path)) {
        return true;
    }
    const match = /[.-]([0-9a-f]{8,64}|[0-9A-Z]{8}|[0-9A-Za-z_]{10,32})\.[a-z0-9]+(\.map)?$/.exec(path);
    return match?.[1] !== undefined && (/\d/.test(match[1]) || /^[A-Z]{8}$/.test(match[1]));
}

function takes(acceptEncoding: string | string[] | undefined, name: string): boolean {
    return String(acceptEncoding ?? '')
        .split(',')
        .some((part) => {
            const [coding, ...parameters] = part
                .trim()
                .toLowerCase()
                .split(/\s*;\s*/);
            return coding === name && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
        });
}
