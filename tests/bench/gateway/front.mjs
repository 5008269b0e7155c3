// The real front door and gateway around one workspace, with one person signed in.
import { createLogger, systemClock } from '@tandem/server-kit';

const controller = new URL('../../../workspace-controller/lib/', import.meta.url);
const { createGateway } = await import(new URL('gateway/gateway.js', controller));
const { createPlatformServer } = await import(new URL('server/platform-server.js', controller));
const { findFreePort } = await import(new URL('server/listen.js', controller));
const { TestAccess } = await import(new URL('gateway/test-support/test-access.js', controller));
const { TestDirectory } = await import(new URL('gateway/test-support/test-directory.js', controller));

const [socketPath, folder] = process.argv.slice(2);
const workspace = 'bench-x7k2';
const logger = createLogger({ name: 'bench', level: 'silent' });
const directory = new TestDirectory();
const { metadata } = directory.add(workspace, { socketPath }).workspace;
const access = await TestAccess.create(systemClock);
const port = await findFreePort('127.0.0.1');
const gateway = createGateway({
    config: {
        portalUrl: new URL(`http://tandem.localhost:${port}`),
        contentDomain: 'ws.tandem.localhost',
        trustedProxies: [],
        platformPorts: [port],
        directories: { frontend: folder, webview: folder },
    },
    directory,
    access,
    listeningPorts: async () => [],
    audit: async () => undefined,
    logger,
});
await createPlatformServer({ hosts: ['127.0.0.1'], port, gateway, portal: (_, response) => response.end(), logger });
const handle = access.signIn({
    sessionId: 's',
    user: { name: 'ada', displayName: 'Ada' },
    grantId: 'owner',
    role: 'owner',
    run: true,
    workspace: { name: workspace, uid: metadata.uid, namespace: metadata.namespace },
    expiresAtMs: Infinity,
});
const host = `${workspace}.ws.tandem.localhost:${port}`;
console.log(JSON.stringify({ port, headers: { Host: host, Origin: `http://${host}`, Cookie: `__Host-tandem-workspace=${handle}` } }));
