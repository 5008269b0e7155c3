import { isWorkspaceName, OPEN_PATH, PORT_HOST_SEPARATOR, STATIC_HOST_LABEL, WEBVIEW_HOST_PREFIX } from '@tandem/protocol';

/** What a Host header names. */
export type HostTarget =
    | { kind: 'portal' }
    | { kind: 'workspace'; workspace: string }
    | { kind: 'port'; workspace: string; port: number }
    | { kind: 'webview'; workspace: string; webviewId: string }
    | { kind: 'static' }
    | { kind: 'loopback' }
    | { kind: 'unknown' };

/** A host that belongs to one workspace and asks for its cookie. */
export type WorkspaceHost = Extract<HostTarget, { kind: 'workspace' | 'port' }>;

const HOST_HEADER = /^([a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;
/** Theia makes a UUID of every webview's id; its length keeps the label below the 63 characters of DNS. */
const WEBVIEW_LABEL = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([a-z0-9-]+)$/;
const LOOPBACK_NAMES: readonly string[] = ['localhost', '127.0.0.1', '[::1]'];

/** Splits a Host header into lower-case name and port; undefined for anything that no browser sends. */
export function parseHostHeader(value: string): { name: string; port: number | undefined } | undefined {
    const match = HOST_HEADER.exec(value.toLowerCase());
    if (!match || match[1] === undefined || match[1].includes('..')) {
        return undefined;
    }
    const port = match[2] === undefined ? undefined : Number(match[2]);
    return port !== undefined && (port < 1 || port > 65535) ? undefined : { name: match[1], port };
}

/** Every origin of one install, derived from the portal's address and the content domain. */
export class Addresses {
    readonly portalOrigin: string;
    readonly contentDomain: string;
    /** Whether browsers reach us by https. */
    readonly secure: boolean;
    private readonly portalName: string;
    private readonly scheme: string;
    private readonly portSuffix: string;

    /** @param contentDomain without port; the port is the portal's */
    constructor(options: { portalUrl: URL; contentDomain: string }) {
        this.portalOrigin = options.portalUrl.origin;
        this.portalName = options.portalUrl.hostname;
        this.scheme = options.portalUrl.protocol;
        this.secure = this.scheme === 'https:';
        this.portSuffix = options.portalUrl.port === '' ? '' : `:${options.portalUrl.port}`;
        this.contentDomain = options.contentDomain.toLowerCase();
    }

    /** Whether the portal's name resolves to this machine in browsers without any DNS. */
    get onLoopback(): boolean {
        return this.portalName.endsWith('.localhost');
    }

    /** Says what a Host header names. The port in it is not compared: a proxy in front may listen elsewhere. */
    classify(hostHeader: string): HostTarget {
        const host = parseHostHeader(hostHeader);
        if (host === undefined) {
            return { kind: 'unknown' };
        }
        if (host.name === this.portalName) {
            return { kind: 'portal' };
        }
        if (host.name.endsWith(`.${this.contentDomain}`)) {
            return classifyLabel(host.name.slice(0, -this.contentDomain.length - 1));
        }
        return { kind: LOOPBACK_NAMES.includes(host.name) ? 'loopback' : 'unknown' };
    }

    /** Origin of a workspace's IDE. */
    workspaceOrigin(workspace: string): string {
        return this.contentOrigin(workspace);
    }

    portOrigin(workspace: string, port: number): string {
        return this.contentOrigin(`${port}${PORT_HOST_SEPARATOR}${workspace}`);
    }

    webviewOrigin(workspace: string, webviewId: string): string {
        return this.contentOrigin(`${WEBVIEW_HOST_PREFIX}${webviewId}-${workspace}`);
    }

    staticOrigin(): string {
        return this.contentOrigin(STATIC_HOST_LABEL);
    }

    /** Origin that serves `target`. */
    originOf(target: WorkspaceHost): string {
        return target.kind === 'port' ? this.portOrigin(target.workspace, target.port) : this.workspaceOrigin(target.workspace);
    }

    /** Page of the portal that signs the browser in to `target` and comes back to the path `to` there. */
    openUrl(target: WorkspaceHost, to: string): string {
        const url = new URL(`${OPEN_PATH}${target.workspace}`, this.portalOrigin);
        url.searchParams.set('to', to);
        if (target.kind === 'port') {
            url.searchParams.set('port', String(target.port));
        }
        return url.href;
    }

    private contentOrigin(label: string): string {
        return `${this.scheme}//${label}.${this.contentDomain}${this.portSuffix}`;
    }
}

function classifyLabel(label: string): HostTarget {
    if (label === STATIC_HOST_LABEL) {
        return { kind: 'static' };
    }
    if (label.startsWith(WEBVIEW_HOST_PREFIX)) {
        const match = WEBVIEW_LABEL.exec(label.slice(WEBVIEW_HOST_PREFIX.length));
        return match?.[1] !== undefined && match[2] !== undefined && isWorkspaceName(match[2])
            ? { kind: 'webview', webviewId: match[1], workspace: match[2] }
            : { kind: 'unknown' };
    }
    const separator = label.indexOf(PORT_HOST_SEPARATOR);
    if (separator > 0) {
        const workspace = label.slice(separator + PORT_HOST_SEPARATOR.length);
        const digits = label.slice(0, separator);
        const port = Number(digits);
        return /^[1-9]\d{0,4}$/.test(digits) && port <= 65535 && isWorkspaceName(workspace)
            ? { kind: 'port', workspace, port }
            : { kind: 'unknown' };
    }
    return isWorkspaceName(label) ? { kind: 'workspace', workspace: label } : { kind: 'unknown' };
}
