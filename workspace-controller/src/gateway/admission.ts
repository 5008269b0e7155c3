import type { IncomingMessage } from 'node:http';
import type { AccessRefusal, WorkspaceAccess } from '../auth/workspace-access.ts';
import type { WorkspaceHost } from './addresses.ts';
import { isRefusal } from './connection-guard.ts';
import { readCookie, workspaceCookieName } from './cookies.ts';
import type { GatewayContext } from './gateway-context.ts';

export type Admission = { access: WorkspaceAccess; handle: string } | AccessRefusal;

/** Name of the cookie that this browser has on workspace hosts. */
export function cookieNameFor(context: GatewayContext, request: IncomingMessage): string {
    const { secure, onLoopback } = context.addresses;
    return workspaceCookieName({ secure, onLoopback, userAgent: request.headers['user-agent'] });
}

/** Who a request to a workspace's host comes from, or why it is not let in. Ports ask for the permission to run, or that they are shared. */
export function admit(context: GatewayContext, request: IncomingMessage, target: WorkspaceHost): Admission {
    const handle = readCookie(request.headers.cookie, cookieNameFor(context, request));
    const access = context.access.lookup(handle, target.workspace, target.kind === 'port' ? target.port : undefined);
    if (isRefusal(access)) {
        return access;
    }
    if (access.anonymous === true) {
        return { access, handle: '' };
    }
    if (handle === undefined) {
        return { refused: 'no-cookie', explanation: 'Open this workspace from the portal.' };
    }
    if (target.kind === 'port' && !access.run && access.port !== target.port) {
        return {
            refused: 'denied',
            explanation:
                'Your access to this workspace does not include running programs, so its ports are closed to you. Ask its owner to share this one.',
        };
    }
    return { access, handle };
}
