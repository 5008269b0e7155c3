import type { editor } from '@theia/monaco-editor-core';
import { ICodeEditorService } from '@theia/monaco-editor-core/esm/vs/editor/browser/services/codeEditorService';
import { StandaloneServices } from '@theia/monaco-editor-core/esm/vs/editor/standalone/browser/standaloneServices';

/** All code editors of the page, those of diffs and previews included. */
export function allEditors(): editor.ICodeEditor[] {
    return [...StandaloneServices.get(ICodeEditorService).listCodeEditors()] as unknown as editor.ICodeEditor[];
}

export function editorsOf(model: editor.ITextModel): editor.ICodeEditor[] {
    return allEditors().filter((candidate) => candidate.getModel() === model);
}

/** Calls `added` for every code editor, present and to come. */
export function watchEditors(added: (editor: editor.ICodeEditor) => void): { dispose(): void } {
    const service = StandaloneServices.get(ICodeEditorService);
    allEditors().forEach(added);
    return service.onCodeEditorAdd((editor) => added(editor as unknown as editor.ICodeEditor));
}
