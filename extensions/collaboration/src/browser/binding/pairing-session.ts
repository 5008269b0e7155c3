import { CollabSocket } from '@tandem/collab-client';
import { COLLAB_PATH } from '@tandem/protocol';
import type { SharedDocumentsServer } from '../../common/shared-documents-protocol';
import type { SharedDocumentsClientImpl } from '../shared-documents-client';
import type { SharedEditorModel } from '../shared-editor-model';
import { BoundDocument } from './bound-document';
import { WorkspacePresence } from './workspace-presence';

/** Everything that Yjs is needed for, in one page: the socket and the open documents. */
export class PairingSession {
    readonly socket: CollabSocket;
    private readonly server: SharedDocumentsServer;
    private readonly documents = new Map<string, BoundDocument>();

    constructor({ server, client }: { server: SharedDocumentsServer; client: SharedDocumentsClientImpl }) {
        this.server = server;
        this.socket = new CollabSocket({ url: `${location.origin.replace(/^http/, 'ws')}${COLLAB_PATH}` });
        client.onDidUpdate(({ room, update }) => this.documents.get(room)?.receive(update));
    }

    /** Joins the people of the workspace. */
    enter(workspaceUid: string): WorkspacePresence {
        return new WorkspacePresence(this.socket, workspaceUid);
    }

    /** @throws Error when the document was closed meanwhile */
    async bind(model: SharedEditorModel): Promise<BoundDocument> {
        const opened = model.shared.opened!;
        const state = await this.server.join(opened.ticket);
        if (model.isDisposed()) {
            throw new Error('The file was closed meanwhile.');
        }
        const document = new BoundDocument(model, state, { server: this.server, socket: this.socket });
        this.documents.set(opened.room, document);
        model.onDispose(() => this.documents.get(opened.room) === document && this.documents.delete(opened.room));
        return document;
    }
}
