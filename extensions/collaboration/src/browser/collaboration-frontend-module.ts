import '../../src/browser/style/index.css';

import { FrontendApplicationContribution } from '@theia/core/lib/browser/frontend-application-contribution';
import { RemoteConnectionProvider, type ServiceConnectionProvider } from '@theia/core/lib/browser/messaging/service-connection-provider';
import { CommandContribution } from '@theia/core/lib/common/command';
import { ContainerModule } from '@theia/core/shared/inversify';
import { MonacoEditorModelFactory } from '@theia/monaco/lib/browser/monaco-text-model-service';
import { SHARED_DOCUMENTS_PATH, SharedDocumentsServer } from '../common/shared-documents-protocol';
import { PeopleContribution } from './people-contribution';
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
    bind(PeopleContribution).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(PeopleContribution);
    bind(CommandContribution).toService(PeopleContribution);
    bind(SharedModelFactory).toSelf().inSingletonScope();
    bind(MonacoEditorModelFactory).toService(SharedModelFactory);
});
