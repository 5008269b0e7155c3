import { StartupGate } from '@tandem/core-extension/lib/browser/startup/startup-gate';
import { Emitter } from '@theia/core/lib/common/event';
import { MessageService } from '@theia/core/lib/common/message-service';
import { nls } from '@theia/core/lib/common/nls';
import { inject, injectable } from '@theia/core/shared/inversify';
import { SharedDocumentsServer } from '../common/shared-documents-protocol';
import type { BoundDocument } from './binding/bound-document';
import type { PairingSession } from './binding/pairing-session';
import { SharedDocumentsClientImpl } from './shared-documents-client';
import type { SharedEditorModel } from './shared-editor-model';

/** Idle time is waited for this long at most. */
const BIND_WITHIN_MS = 500;

/**
 * Binds the models of shared files to their documents. What that takes (Yjs, the socket) is loaded after the first editor
 * can be typed in; what was typed until then becomes part of the document.
 */
@injectable()
export class SharedDocuments {
    @inject(SharedDocumentsServer) protected readonly server: SharedDocumentsServer;
    @inject(SharedDocumentsClientImpl) protected readonly client: SharedDocumentsClientImpl;
    @inject(StartupGate) protected readonly gate: StartupGate;
    @inject(MessageService) protected readonly messages: MessageService;

    private session: Promise<PairingSession> | undefined;
    private readonly bound = new Map<SharedEditorModel, BoundDocument>();
    private readonly changeEmitter = new Emitter<void>();

    /** A document was bound or closed. */
    readonly onDidChange = this.changeEmitter.event;

    /** Shared files that are open in this page. */
    get documents(): readonly BoundDocument[] {
        return [...this.bound.values()];
    }

    attach(model: SharedEditorModel): void {
        const listening = this.client.onDidSave(({ room, saved }) => room === model.shared.opened?.room && model.shared.noteSaved(saved));
        model.onDispose(() => listening.dispose());
        let binding: Promise<BoundDocument> | undefined;
        const bind = (): Promise<BoundDocument> => (binding ??= this.bind(model));
        model.shared.storage = async () => {
            const document = await bind();
            return { save: () => this.save(model, document) };
        };
        void this.gate.opened.then(() =>
            requestIdleCallback(() => !model.isDisposed() && void bind().catch((error: unknown) => this.failed(model, error)), {
                timeout: BIND_WITHIN_MS,
            }),
        );
    }

    /** Loads what sharing needs, once. */
    startSession(): Promise<PairingSession> {
        this.session ??= import('./binding/pairing-session').then(
            ({ PairingSession: Session }) => new Session({ server: this.server, client: this.client }),
        );
        return this.session;
    }

    private async bind(model: SharedEditorModel): Promise<BoundDocument> {
        const document = await (await this.startSession()).bind(model);
        this.bound.set(model, document);
        model.onDispose(() => {
            this.bound.delete(model);
            document.dispose();
            this.changeEmitter.fire();
        });
        this.changeEmitter.fire();
        return document;
    }

    private async save(model: SharedEditorModel, document: BoundDocument): Promise<void> {
        try {
            await document.save();
        } catch (error) {
            const name = model.shared.uri.path.base;
            const reason = error instanceof Error ? error.message : String(error);
            void this.messages.error(
                nls.localize('tandem/collaboration/saveFailed', '{0} could not be saved: {1} The text stays in the editor.', name, reason),
            );
            throw error;
        }
    }

    private failed(model: SharedEditorModel, error: unknown): void {
        if (model.isDisposed()) {
            return;
        }
        console.error(`The shared text of ${model.shared.uri.toString()} could not be opened.`, error);
        void this.messages.warn(
            nls.localize(
                'tandem/collaboration/notShared',
                'What you type in {0} does not reach others yet: {1}. Close the file and open it again.',
                model.shared.uri.path.base,
                error instanceof Error ? error.message : String(error),
            ),
        );
    }
}
