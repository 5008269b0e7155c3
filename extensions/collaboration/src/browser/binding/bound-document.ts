import type { CollabDocument, CollabSocket } from '@tandem/collab-client';
import type { editor } from '@theia/monaco-editor-core';
import * as Y from 'yjs';
import type { LineEnding, SharedDocumentsServer } from '../../common/shared-documents-protocol';
import { FACTS_NAME, LINE_ENDING_KEY, TEXT_NAME } from '../../common/shared-text';
import type { SharedEditorModel } from '../shared-editor-model';
import { CaretKeeper } from './caret-keeper';
import { editorsOf } from './editors-of';
import { OwnUndo } from './own-undo';
import { RemoteCursors } from './remote-cursors';
import { TextBinding, type Replacement } from './text-binding';

/** Origin of edits that came over the direct connection to the peer. */
const FROM_PEER = Symbol('peer');
/** Monaco's `EndOfLineSequence`. */
const SEQUENCE: Record<LineEnding, number> = { '\n': 0, '\r\n': 1 };
const SAVE_ATTEMPTS = 5;

/** A shared file that is open in this page: its editor, its document, and the two ways to the others. */
export class BoundDocument {
    readonly room: string;
    readonly doc = new Y.Doc();
    readonly text = this.doc.getText(TEXT_NAME);
    readonly collab: CollabDocument;
    readonly model: SharedEditorModel;
    private readonly facts = this.doc.getMap<LineEnding>(FACTS_NAME);
    private readonly server: SharedDocumentsServer;
    private readonly binding: TextBinding;
    private readonly undo: OwnUndo;
    private readonly cursors: RemoteCursors;
    private readonly carets: CaretKeeper;
    private readonly subscriptions: { dispose(): void }[] = [];
    /** State vector of the peer, as far as it was heard. */
    private peerState: Uint8Array;
    /** Edits go over the direct connection, because the collaboration server is not there. */
    private direct = true;
    private disposed = false;
    /** How often editor and document were found to differ. */
    violations = 0;

    /** @param state of the document that the editor's text came from */
    constructor(model: SharedEditorModel, state: Uint8Array, options: { server: SharedDocumentsServer; socket: CollabSocket }) {
        const textModel: editor.ITextModel = model.textEditorModel;
        this.model = model;
        this.room = model.shared.opened!.room;
        this.server = options.server;
        Y.applyUpdate(this.doc, state, FROM_PEER);
        this.peerState = Y.encodeStateVector(this.doc);
        this.doc.on('update', this.handleUpdate);
        this.carets = new CaretKeeper(textModel);
        this.binding = new TextBinding(textModel, this.text);
        this.undo = new OwnUndo(textModel, this.text, this.binding);
        this.binding.start({
            onLocalEdit: () => (model.ownEdits = true),
            willApply: (replacements) => this.carets.note(this.binding, replacements),
            didApply: (replacements, origin) => this.didApply(replacements, origin),
        });
        this.subscriptions.push(textModel.onDidChangeContent((event) => event.isEolChange && this.publishLineEnding()));
        this.facts.observe(this.handleFacts);
        this.handleFacts();
        this.collab = options.socket.open(this.room, { doc: this.doc });
        this.cursors = new RemoteCursors(textModel, this.binding, this.collab);
        this.subscriptions.push(this.collab.onDidChangeState(() => void this.chooseWay()));
        void this.connectDirectly();
    }

    /** Whether the editor shows what the document has. */
    get holds(): boolean {
        return this.binding.holds;
    }

    /** Edits from the peer, over the direct connection. */
    receive(update: Uint8Array): void {
        Y.applyUpdate(this.doc, update, FROM_PEER);
    }

    /** @throws Error with the reason for the person */
    async save(): Promise<void> {
        for (let attempt = 0; attempt < SAVE_ATTEMPTS; attempt++) {
            const update = Y.encodeStateAsUpdate(this.doc, this.peerState);
            const outcome = await this.server.save(this.room, update, Y.encodeStateVector(this.doc));
            if ('saved' in outcome) {
                this.peerState = outcome.stateVector;
                this.model.shared.noteSaved(outcome.saved);
                return;
            }
            this.peerState = outcome.behind;
        }
        throw new Error('The workspace did not take all of the text. Try again.');
    }

    dispose(): void {
        if (this.disposed) {
            return;
        }
        this.disposed = true;
        this.subscriptions.forEach((subscription) => subscription.dispose());
        this.cursors.dispose();
        this.undo.dispose();
        this.binding.dispose();
        this.doc.off('update', this.handleUpdate);
        this.facts.unobserve(this.handleFacts);
        this.collab.close();
        this.doc.destroy();
    }

    private async chooseWay(): Promise<void> {
        const synced = this.collab.state === 'synced';
        if (this.disposed || synced !== this.direct) {
            return;
        }
        if (synced) {
            this.direct = false;
            await this.server.rest(this.room).catch(() => undefined);
        } else {
            this.direct = true;
            await this.connectDirectly();
        }
    }

    /** Gives the peer what it lacks, and gets all from it. */
    private async connectDirectly(): Promise<void> {
        try {
            this.peerState = await this.server.sync(this.room, Y.encodeStateVector(this.doc));
            if (!this.disposed && this.direct) {
                await this.server.push(this.room, Y.encodeStateAsUpdate(this.doc, this.peerState));
            }
        } catch (error) {
            console.warn(`${this.room}: the workspace does not answer.`, error);
        }
    }

    private readonly handleUpdate = (update: Uint8Array, origin: unknown): void => {
        if (this.direct && origin !== FROM_PEER) {
            void this.server.push(this.room, update).catch(() => undefined);
        }
    };

    private didApply(replacements: readonly Replacement[], origin: unknown): void {
        this.carets.restore(this.binding, replacements);
        if (origin === this.undo.manager) {
            this.model.ownEdits = true;
            this.showUndone(replacements);
        }
        // Comparing costs as much as the text is long: in small files always, in large ones now and then.
        if (this.text.length < 100_000 || Math.random() < 0.01) {
            if (!this.binding.holds) {
                this.violations++;
                console.error(`${this.room}: the editor and the shared text differ.`);
            }
        }
    }

    /** The caret goes where something was undone. */
    private showUndone(replacements: readonly Replacement[]): void {
        const last = replacements.at(-1);
        const editor = editorsOf(this.model.textEditorModel).find((candidate) => candidate.hasTextFocus());
        if (last && editor) {
            const shift = replacements.slice(0, -1).reduce((sum, { text, length }) => sum + text.length - length, 0);
            const position = this.binding.positionAt(last.offset + shift + last.text.length);
            editor.setPosition(position, 'tandem.undo');
            editor.revealPositionInCenterIfOutsideViewport(position);
        }
    }

    private publishLineEnding(): void {
        const ending = this.model.textEditorModel.getEOL() as LineEnding;
        if (this.facts.get(LINE_ENDING_KEY) !== ending) {
            this.facts.set(LINE_ENDING_KEY, ending);
        }
    }

    private readonly handleFacts = (): void => {
        const model = this.model.textEditorModel;
        const ending = this.facts.get(LINE_ENDING_KEY) ?? '\n';
        if (model.getEOL() !== ending) {
            model.setEOL(SEQUENCE[ending]);
        }
        this.model.refreshDirty();
    };
}
