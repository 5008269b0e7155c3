import { EnvVariablesServer } from '@theia/core/lib/common/env-variables';
import { OS } from '@theia/core/lib/common/os';
import { FileUri } from '@theia/core/lib/common/file-uri';
import { BackendApplicationContribution, BackendApplicationPath, EarlyExpressMiddleware } from '@theia/core/lib/node/backend-application';
import { inject, injectable } from '@theia/core/shared/inversify';
import { WorkspaceCliContribution } from '@theia/workspace/lib/node/default-workspace-server';
import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { BOOT_ENVIRONMENT, type BootData } from '../common/boot-data';
import { sendAsset } from './static-assets';

interface BuildManifest {
    readonly build: string;
    readonly version: string;
}

/** Where the bundles are served for all workspaces (`https://static.<content domain>`); empty: this origin. */
const staticOrigin = process.env['TANDEM_STATIC_ORIGIN'] ?? '';
const contentDomain = process.env['TANDEM_CONTENT_DOMAIN'] ?? '';
const registryUrl = process.env['VSX_REGISTRY_URL'] ?? 'https://open-vsx.org';

/** Renders the page with the facts that it needs on its way up, and serves this build's files as unchanging ones. */
@injectable()
export class BootPage implements BackendApplicationContribution {
    @inject(EarlyExpressMiddleware) protected readonly early: EarlyExpressMiddleware;
    @inject(EnvVariablesServer) protected readonly environment: EnvVariablesServer;
    @inject(WorkspaceCliContribution) protected readonly workspaceArguments: WorkspaceCliContribution;

    protected readonly folder = path.join(BackendApplicationPath, 'lib', 'frontend');
    protected page: Promise<string> | undefined;

    initialize(): void {
        this.early.handlers.push((request, response, next) => {
            if (request.method !== 'GET' && request.method !== 'HEAD') {
                next();
            } else if (request.path === '/' || request.path === '/index.html') {
                this.sendPage(response).catch(next);
            } else {
                this.sendBuildFile(request.path, request, response).then((sent) => (sent ? undefined : next()), next);
            }
        });
    }

    protected async sendPage(response: ServerResponse): Promise<void> {
        // Read once: a build that replaces the files under a running backend must not mix two builds.
        this.page ??= this.render();
        const page = await this.page;
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.setHeader('Cache-Control', 'no-store');
        response.setHeader('X-Content-Type-Options', 'nosniff');
        response.setHeader('Referrer-Policy', 'same-origin');
        response.end(page);
    }

    protected async sendBuildFile(pathname: string, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
        const manifest = await this.manifest();
        if (!pathname.startsWith(`/${manifest.build}/`)) {
            return false;
        }
        return sendAsset(this.folder, pathname, request, response);
    }

    protected manifestPromise: Promise<BuildManifest> | undefined;
    protected manifest(): Promise<BuildManifest> {
        this.manifestPromise ??= readFile(path.join(this.folder, 'manifest.json'), 'utf8').then(
            (text) => JSON.parse(text) as BuildManifest,
        );
        return this.manifestPromise;
    }

    protected async render(): Promise<string> {
        const [template, manifest] = await Promise.all([readFile(path.join(this.folder, 'index.html'), 'utf8'), this.manifest()]);
        const data = await this.bootData(manifest);
        // `<` is escaped so that no value can end the script element.
        const json = JSON.stringify(data).replace(/</g, '\\u003c');
        return template.replaceAll('{{assets}}', `${staticOrigin || '.'}/${manifest.build}`).replace('{{boot}}', () => json);
    }

    protected async bootData({ build, version }: BuildManifest): Promise<BootData> {
        const [configDirUri, homeDirUri, execPath, workspace] = await Promise.all([
            this.environment.getConfigDirUri(),
            this.environment.getHomeDirUri(),
            this.environment.getExecPath(),
            this.workspaceArguments.workspaceRoot.promise,
        ]);
        const environment = Object.fromEntries(BOOT_ENVIRONMENT.map((name) => [name, process.env[name] ?? '']));
        return {
            build,
            version,
            os: OS.type() as BootData['os'],
            execPath,
            configDirUri,
            homeDirUri,
            workspaceUri: workspace === undefined ? undefined : FileUri.create(workspace).toString(),
            environment,
            registryUrl,
            contentDomain,
        };
    }
}
