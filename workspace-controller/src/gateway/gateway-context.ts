import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock, Logger } from '@tandem/server-kit';
import type { WorkspaceAccess, WorkspaceAccessRegistry } from '../auth/workspace-access.ts';
import type { WorkspaceDirectory } from '../events.ts';
import type { Endpoint } from '../runtime/workspace-runtime.ts';
import type { Addresses } from './addresses.ts';
import type { ConnectionGuard } from './connection-guard.ts';
import type { GatewayAudit } from './gateway-audit.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { IdentityCache } from './identity-cache.ts';
import type { PortListeners } from './port-listeners.ts';
import type { Upstream } from './upstream.ts';

/**
 * Answers an API call that came to a workspace's origin. The gateway has checked cookie, origin, that the operation is
 * marked for workspace origins, and that it names this workspace.
 *
 * @param call `url` is the path below the API prefix as the API app knows it, with its query
 */
export type ApiHandler = (request: IncomingMessage, response: ServerResponse, call: { url: string; access: WorkspaceAccess }) => void;

/**
 * The collaboration server: in the same process, or an address. In the same process it gets the request with `url`
 * shortened by `/.tandem/collab`, without cookies, and with `tandem-identity` set; it ends the socket itself when the
 * identity is revoked, the gateway only makes sure.
 */
export type CollabTarget = { handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void } | { endpoint: Endpoint };

/** What every part of the gateway works with. */
export interface GatewayContext {
    addresses: Addresses;
    directory: WorkspaceDirectory;
    access: WorkspaceAccessRegistry;
    guard: ConnectionGuard;
    identities: IdentityCache;
    upstream: Upstream;
    listeners: PortListeners;
    audit: GatewayAudit;
    metrics: GatewayMetrics;
    clock: Clock;
    logger: Logger;
    api: ApiHandler | undefined;
    collab: CollabTarget | undefined;
    /** Address of the browser, as far as it can be trusted. */
    clientAddress(request: IncomingMessage): string;
}
