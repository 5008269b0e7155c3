import type { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { MessageService } from '@theia/core/lib/common/message-service';
import { nls } from '@theia/core/lib/common/nls';
import URI from '@theia/core/lib/common/uri';
import { inject, injectable } from '@theia/core/shared/inversify';
import { EditorManager } from '@theia/editor/lib/browser/editor-manager';
import { MonacoEditor } from '@theia/monaco/lib/browser/monaco-editor';
import { MonacoTextModelService } from '@theia/monaco/lib/browser/monaco-text-model-service';
import { fromEntries, toEntries, type UnsavedEntry } from '../../common/unsaved-entries';

/** Session storage belongs to one tab and outlives a detour over the sign-in page. */
const STORAGE_KEY = 'tandem.unsaved';

/** Keeps text that could not be saved when the page goes away, and puts it back when the page comes again. */
@injectable()
export class UnsavedText implements FrontendApplicationContribution {
    @inject(MonacoTextModelService) protected readonly models: MonacoTextModelService;
    @inject(EditorManager) protected readonly editors: EditorManager;
    @inject(MessageService) protected readonly messages: MessageService;

    onStart(): void {
        window.addEventListener('pagehide', () => this.keep());
    }

    onDidInitializeLayout(): void {
        const entries = fromEntries(window.sessionStorage.getItem(STORAGE_KEY));
        window.sessionStorage.removeItem(STORAGE_KEY);
        void this.restore(entries);
    }

    /** Writes down the text of all editors with unsaved changes. */
    keep(): void {
        const entries = this.models.models.filter((model) => model.dirty).map((model) => ({ uri: model.uri, text: model.getText() }));
        try {
            if (entries.length > 0) {
                window.sessionStorage.setItem(STORAGE_KEY, toEntries(entries));
            } else {
                window.sessionStorage.removeItem(STORAGE_KEY);
            }
        } catch (error) {
            console.warn('Unsaved text is larger than what the browser keeps for a tab.', error);
        }
    }

    /** The text is kept: the browser need not ask whether to leave the page. */
    leaveWithoutQuestion(): void {
        this.keep();
        window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), { capture: true });
    }

    protected async restore(entries: readonly UnsavedEntry[]): Promise<void> {
        let restored = 0;
        for (const { uri, text } of entries) {
            const widget = await this.editors.open(new URI(uri), { mode: 'reveal' }).catch(() => undefined);
            const editor = widget && MonacoEditor.get(widget);
            if (editor && editor.document.getText() !== text) {
                editor.document.textEditorModel.setValue(text);
                restored++;
            }
        }
        if (restored > 0) {
            void this.messages.info(
                nls.localize('tandem/core/unsavedRestored', 'Unsaved text is back in {0} editor(s).', String(restored)),
            );
        }
    }
}
