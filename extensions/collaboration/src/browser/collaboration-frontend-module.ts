import '../../src/browser/style/index.css';

import { RemoteConnectionProvider, type ServiceConnectionProvider } from '@theia/core/lib/browser/messaging/service-connection-provider';
import { ContainerModule } from '@theia/core/shared/inversify';
import { MonacoEditorModelFactory } from '@theia/monaco/lib/browser/monaco-text-model-service';
import { SHARED_DOCUMENTS_PATH, SharedDocumentsServer } from '../common/shared-documents-protocol';
import { SharedDocuments } from './shared-documents';
import { SharedDocumentsClientImpl } from './shared-documents-client';
import { SharedModelFactory } from './shared-model-factory';

export default new ContainerModule((bind) => {
    bind(SharedDocumentsClientImpl).toSelf().inSingletonScope();
    bind(SharedDocumentsServer)
        .toDynamicValue(({ container }) => {
            const connection = container.get<ServiceConnectionProvider>(RemoteConnectionProvider);
            return connection.createProxy<SharedDocumentsServer>(
                SHARED_DOCUMENTS_PATH,
                container.get<SharedDocumentsClientImpl>(SharedDocumentsClientImpl),
            );
        })
        .inSingletonScope();
    bind(SharedDocuments).toSelf().inSingletonScope();
    bind(SharedModelFactory).toSelf().inSingletonScope();
    bind(MonacoEditorModelFactory).toService(SharedModelFactory);
});
