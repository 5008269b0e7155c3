import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Addresses } from './addresses.ts';
import { sendProblem } from './problem.ts';
import { pathOf } from './reserved-path.ts';
import { StaticFiles, staticPath } from './static-files.ts';

/** Folders of the built IDE. */
export interface StaticDirectories {
    /** `ide/lib/frontend`: the bundles. */
    frontend: string;
    /** `ide/lib/webview/pre`: what Theia loads into the frame of a webview. */
    webview: string;
}

/** Path below which Theia expects the files of webviews. */
const WEBVIEW_PATH = '/webview';

/**
 * The hosts that serve files without knowing anybody: bundles for all workspaces, and the frames of webviews. They
 * read no cookie and set none.
 */
export class StaticHosts {
    private readonly addresses: Addresses;
    private readonly frontend: StaticFiles;
    private readonly webview: StaticFiles;

    constructor(options: { addresses: Addresses; directories: StaticDirectories }) {
        this.addresses = options.addresses;
        // Pages belong to a workspace's origin; here are only parts that pages are made of.
        this.frontend = new StaticFiles({ directory: options.directories.frontend, accepts: (path) => !/\.html?$/i.test(path) });
        this.webview = new StaticFiles({ directory: options.directories.webview });
    }

    /**
     * Bundles are the same for everybody and public, so any origin may read them: a list of origins would make
     * browsers keep a copy per workspace.
     */
    serveBundle(request: IncomingMessage, response: ServerResponse): void {
        const path = staticPath(pathOf(request.url ?? '/'));
        if (path === undefined) {
            sendProblem(response, 'not-found', 'There is no such file.');
            return;
        }
        this.frontend.serve(request, response, path, {
            'Access-Control-Allow-Origin': '*',
            'Cross-Origin-Resource-Policy': 'cross-origin',
            'Timing-Allow-Origin': '*',
            ...this.transportHeaders(),
        });
    }

    /** Only the IDE of the same workspace may frame it. */
    serveWebview(request: IncomingMessage, response: ServerResponse, workspace: string): void {
        const path = pathOf(request.url ?? '/');
        if (path === WEBVIEW_PATH || path === '/') {
            response.writeHead(302, { Location: `${WEBVIEW_PATH}/`, 'Content-Length': '0' });
            response.end();
            return;
        }
        const inside = path.startsWith(`${WEBVIEW_PATH}/`) ? staticPath(path.slice(WEBVIEW_PATH.length)) : undefined;
        if (inside === undefined) {
            sendProblem(response, 'not-found', 'There is no such file.');
            return;
        }
        this.webview.serve(request, response, inside === '' ? 'index.html' : inside, {
            'Content-Security-Policy': `frame-ancestors 'self' ${this.addresses.workspaceOrigin(workspace)}`,
            'Cross-Origin-Resource-Policy': 'same-site',
            'Referrer-Policy': 'same-origin',
            'Origin-Agent-Cluster': '?1',
            ...this.transportHeaders(),
        });
    }

    private transportHeaders(): Record<string, string> {
        return this.addresses.secure ? { 'Strict-Transport-Security': 'max-age=31536000' } : {};
    }
}
