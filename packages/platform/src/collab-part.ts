import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { join } from 'node:path';
import { createCollabService, createJwtAuthenticator, SqliteUpdateLog } from '@tandem/collab-server';
import type { Lifecycle, Logger } from '@tandem/server-kit';
import type { CollabPart, ControllerContext } from '@tandem/workspace-controller';

/** The collaboration server inside the platform's process, for the workspaces' origins. */
export async function startCollab(
    context: ControllerContext,
    options: { dataDirectory: string; issuer: string; logger: Logger; lifecycle: Lifecycle },
): Promise<CollabPart> {
    const { signingKeys, revocations } = context.auth;
    const service = createCollabService({
        log: await SqliteUpdateLog.open(join(options.dataDirectory, 'collab')),
        authenticate: createJwtAuthenticator({
            // Looked up anew for every token: keys rotate while the platform runs.
            keys: (header, token) => createLocalJWKSet(signingKeys.jwks() as JSONWebKeySet)(header, token),
            issuer: options.issuer,
        }),
        revokedByCaller: true,
        logger: options.logger,
    });
    await service.start();
    options.lifecycle.onStop('collaboration server', () => service.close());
    const listening = revocations.onDidRevoke((revocation) => service.revoke(revocation));
    options.lifecycle.onStop('revocations to the collaboration server', () => listening.dispose());
    return {
        target: { handleUpgrade: (request, socket, head) => service.handleUpgrade(request, socket, head) },
        handleUpgrade: (request, socket, head) => service.handleUpgrade(request, socket, head),
        handleRequest: (request, response) => service.handleRequest(request, response),
    };
}
