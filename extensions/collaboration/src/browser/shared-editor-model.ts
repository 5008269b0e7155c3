import type { ILogger } from '@theia/core/lib/common/logger';
import type { Saveable } from '@theia/core/lib/browser/saveable';
import type { EditorPreferences } from '@theia/editor/lib/common/editor-preferences';
import { MonacoEditorModel } from '@theia/monaco/lib/browser/monaco-editor-model';
import type { MonacoToProtocolConverter } from '@theia/monaco/lib/browser/monaco-to-protocol-converter';
import type { ProtocolToMonacoConverter } from '@theia/monaco/lib/browser/protocol-to-monaco-converter';
import { fingerprint } from '../common/shared-text';
import type { SharedResource } from './shared-resource';

/** Monaco's `EndOfLinePreference.LF`, a const enum there. */
export const WITH_SHORT_ENDINGS = 1;

/** The editor's model of a file of the workspace; for shared ones "dirty" is the same fact in every browser. */
export class SharedEditorModel extends MonacoEditorModel {
    readonly shared: SharedResource;
    /** Whether this browser's person has edited since the last save; only then it is this browser that saves by itself. */
    ownEdits = false;
    private readonly onDidOpen: (model: SharedEditorModel) => void;

    constructor(
        resource: SharedResource,
        services: {
            m2p: MonacoToProtocolConverter;
            p2m: ProtocolToMonacoConverter;
            logger: ILogger;
            preferences: EditorPreferences;
        },
        onDidOpen: (model: SharedEditorModel) => void,
    ) {
        super(resource, services.m2p, services.p2m, services.logger, services.preferences);
        this.shared = resource;
        this.onDidOpen = onDidOpen;
    }

    protected override initialize(value: Parameters<MonacoEditorModel['initialize']>[0]): void {
        super.initialize(value);
        if (!this.toDispose.disposed && this.shared.opened) {
            this.toDispose.push(this.shared.onDidSave(() => this.refreshDirty()));
            this.toDispose.push(this.model.onDidChangeContent(() => (this.shared.discards = false)));
            this.onDidOpen(this);
        }
    }

    /** Whether the text differs from the file's. */
    refreshDirty(): void {
        this.setDirty(this.differsFromSaved());
        if (!this._dirty) {
            this.ownEdits = false;
        }
    }

    override get autosaveable(): boolean | undefined {
        return this.shared?.opened && !this.ownEdits ? false : super.autosaveable;
    }

    protected override setDirty(dirty: boolean): void {
        super.setDirty(this.shared?.opened ? this.differsFromSaved() : dirty);
    }

    override async revert(options?: Saveable.RevertOptions): Promise<void> {
        if (this.shared.opened && options?.soft) {
            this.shared.discards = true;
            return;
        }
        await super.revert(options);
    }

    private differsFromSaved(): boolean {
        const { saved } = this.shared;
        if (saved === undefined) {
            return false;
        }
        return (
            this.model.getEOL() !== saved.lineEnding ||
            this.model.getValueLength(WITH_SHORT_ENDINGS) !== saved.length ||
            fingerprint(this.model.getValue(WITH_SHORT_ENDINGS)) !== saved.fingerprint
        );
    }
}
