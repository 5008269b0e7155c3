import type { editor } from '@theia/monaco-editor-core';
import * as Y from 'yjs';

/** The part of a text model that every way to undo ends in: keys, menu, toolbar, palette. */
type Undoable = editor.ITextModel & { undo(): void; redo(): void; canUndo(): boolean; canRedo(): boolean };

const CAPTURE_MS = 500;

/** Lets each person undo their own edits only, as an `UndoManager` knows them. */
export class OwnUndo {
    readonly manager: Y.UndoManager;
    private readonly model: Undoable;

    /** @param origin of this person's edits */
    constructor(model: editor.ITextModel, text: Y.Text, origin: unknown) {
        this.model = model as Undoable;
        this.manager = new Y.UndoManager(text, { trackedOrigins: new Set([origin]), captureTimeout: CAPTURE_MS });
        this.model.undo = () => void this.manager.undo();
        this.model.redo = () => void this.manager.redo();
        this.model.canUndo = () => this.manager.canUndo();
        this.model.canRedo = () => this.manager.canRedo();
    }

    dispose(): void {
        this.manager.destroy();
        for (const name of ['undo', 'redo', 'canUndo', 'canRedo'] as const) {
            // The model's own methods are on its class.
            delete (this.model as Partial<Undoable>)[name];
        }
    }
}
