import { ILogger } from '@theia/core/lib/common/logger';
import type { Resource } from '@theia/core/lib/common/resource';
import { inject, injectable } from '@theia/core/shared/inversify';
import { EditorPreferences } from '@theia/editor/lib/common/editor-preferences';
import type { MonacoEditorModel } from '@theia/monaco/lib/browser/monaco-editor-model';
import type { MonacoEditorModelFactory } from '@theia/monaco/lib/browser/monaco-text-model-service';
import { MonacoToProtocolConverter } from '@theia/monaco/lib/browser/monaco-to-protocol-converter';
import { ProtocolToMonacoConverter } from '@theia/monaco/lib/browser/protocol-to-monaco-converter';
import { SharedDocumentsServer } from '../common/shared-documents-protocol';
import { SharedDocuments } from './shared-documents';
import { SharedEditorModel } from './shared-editor-model';
import { SharedResource } from './shared-resource';

/** Gives files of the disk a model whose text everybody in the workspace shares. */
@injectable()
export class SharedModelFactory implements MonacoEditorModelFactory {
    readonly scheme = 'file';

    @inject(SharedDocumentsServer) protected readonly server: SharedDocumentsServer;
    @inject(SharedDocuments) protected readonly documents: SharedDocuments;
    @inject(MonacoToProtocolConverter) protected readonly m2p: MonacoToProtocolConverter;
    @inject(ProtocolToMonacoConverter) protected readonly p2m: ProtocolToMonacoConverter;
    @inject(ILogger) protected readonly logger: ILogger;
    @inject(EditorPreferences) protected readonly preferences: EditorPreferences;

    createModel(file: Resource): MonacoEditorModel {
        const { m2p, p2m, logger, preferences } = this;
        return new SharedEditorModel(new SharedResource(file, this.server), { m2p, p2m, logger, preferences }, (model) =>
            this.documents.attach(model),
        );
    }
}
