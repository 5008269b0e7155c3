import { readAgentEnvironment } from '@tandem/core-extension/lib/node/agent/agent-environment';
import type { CollabAccess } from '@tandem/core-extension/lib/node/agent/collab-tokens';
import type { RpcProxy } from '@theia/core/lib/common/messaging';
import type { BackendApplicationContribution } from '@theia/core/lib/node/backend-application';
import path from 'node:path';
import type { SharedDocumentsClient, SharedDocumentsServer } from '../common/shared-documents-protocol';
import type { WorkspacePeer } from './workspace-peer';

/** The server listens first; what the first file needs is loaded a moment later. */
const WARM_UP_MS = 500;

/** Puts the workspace's peer into Theia's backend. Without a workspace (a developer's own start) files are not shared. */
export class PeerContribution implements BackendApplicationContribution {
    private readonly settings: ReturnType<typeof readAgentEnvironment>;
    private readonly access: CollabAccess;
    private started: Promise<WorkspacePeer> | undefined;

    constructor(environment: NodeJS.ProcessEnv, access: CollabAccess) {
        this.settings = readAgentEnvironment(environment);
        this.access = access;
    }

    onStart(): void {
        if (this.settings.workspaceUid !== undefined) {
            setTimeout(() => void this.peer(), WARM_UP_MS).unref();
        }
    }

    async onStop(): Promise<void> {
        await (await this.started)?.dispose();
    }

    /** One for each page. */
    serve(page: RpcProxy<SharedDocumentsClient>): SharedDocumentsServer {
        page.onDidCloseConnection(() => void this.started?.then((peer) => peer.leave(page)));
        const { workspaceUid } = this.settings;
        return {
            describe: async () => (workspaceUid === undefined ? undefined : { workspaceUid }),
            open: async (uri) => (workspaceUid === undefined ? { shared: false, reason: 'outside' } : (await this.peer()).open(page, uri)),
            join: async (ticket) => (await this.peer()).join(page, ticket),
            sync: async (room, stateVector) => (await this.peer()).sync(page, room, stateVector),
            rest: async (room) => (await this.peer()).rest(page, room),
            push: async (room, update) => (await this.peer()).push(page, room, update),
            save: async (room, update, stateVector) => (await this.peer()).save(page, room, update, stateVector),
            readSaved: async (room) => (await this.peer()).readSaved(room),
            close: async (room, discard) => (await this.peer()).close(page, room, discard),
            setClient: () => undefined,
            dispose: () => undefined,
        };
    }

    private peer(): Promise<WorkspacePeer> {
        const { workspaceUid, project, stateFolder } = this.settings;
        this.started ??= import('./workspace-peer').then(({ WorkspacePeer: Peer }) =>
            Peer.start({
                workspaceUid: workspaceUid ?? '',
                project,
                stateFolder: path.join(stateFolder, 'shared'),
                access: this.access,
            }),
        );
        return this.started;
    }
}
