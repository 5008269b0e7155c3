import { CollabAccess } from '@tandem/core-extension/lib/node/agent/collab-tokens';
import { ConnectionHandler, RpcConnectionHandler } from '@theia/core/lib/common/messaging';
import { BackendApplicationContribution } from '@theia/core/lib/node/backend-application';
import { ContainerModule } from '@theia/core/shared/inversify';
import { SHARED_DOCUMENTS_PATH, type SharedDocumentsClient } from '../common/shared-documents-protocol';
import { PeerContribution } from './peer-contribution';

export default new ContainerModule((bind) => {
    bind(PeerContribution)
        .toDynamicValue(({ container }) => new PeerContribution(process.env, container.get<CollabAccess>(CollabAccess)))
        .inSingletonScope();
    bind(BackendApplicationContribution).toService(PeerContribution);
    bind(ConnectionHandler)
        .toDynamicValue(({ container }) => {
            const peer = container.get(PeerContribution);
            return new RpcConnectionHandler<SharedDocumentsClient>(SHARED_DOCUMENTS_PATH, (page) => peer.serve(page));
        })
        .inSingletonScope();
});
