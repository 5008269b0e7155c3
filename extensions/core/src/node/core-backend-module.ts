import { BackendApplication, BackendApplicationContribution } from '@theia/core/lib/node';
import {
    ReconnectableSocketChannel,
    WebsocketFrontendConnectionService,
} from '@theia/core/lib/node/messaging/websocket-frontend-connection-service';
import { ContainerModule } from '@theia/core/shared/inversify';
import { BootPage } from './boot-page';
import { ReliableConnectionService, ReliableSocketChannel } from './reliable-connection';
import { TandemBackendApplication } from './tandem-backend-application';

export default new ContainerModule((bind, unbind, isBound, rebind) => {
    bind(TandemBackendApplication).toSelf().inSingletonScope();
    rebind(BackendApplication).toService(TandemBackendApplication);

    bind(BootPage).toSelf().inSingletonScope();
    bind(BackendApplicationContribution).toService(BootPage);

    rebind(ReconnectableSocketChannel).to(ReliableSocketChannel);
    rebind(WebsocketFrontendConnectionService).to(ReliableConnectionService).inSingletonScope();
});
