import { BackendApplication, BackendApplicationContribution } from '@theia/core/lib/node';
import {
    ReconnectableSocketChannel,
    WebsocketFrontendConnectionService,
} from '@theia/core/lib/node/messaging/websocket-frontend-connection-service';
import { ContainerModule } from '@theia/core/shared/inversify';
import { PluginScanner } from '@theia/plugin-ext/lib/common/plugin-protocol';
import { bindWorkspaceAgent } from './agent/agent-contribution';
import { BootPage } from './boot-page';
import { BundledLanguageFilter } from './bundled-language-filter';
import { ReliableConnectionService, ReliableSocketChannel } from './reliable-connection';
import { TandemBackendApplication } from './tandem-backend-application';

export default new ContainerModule((bind, unbind, isBound, rebind) => {
    bind(TandemBackendApplication).toSelf().inSingletonScope();
    rebind(BackendApplication).toService(TandemBackendApplication);

    bind(BootPage).toSelf().inSingletonScope();
    bind(BackendApplicationContribution).toService(BootPage);

    // The scanner that is bound last scans VS Code extensions.
    bind(PluginScanner).to(BundledLanguageFilter).inSingletonScope();

    rebind(ReconnectableSocketChannel).to(ReliableSocketChannel);
    rebind(WebsocketFrontendConnectionService).to(ReliableConnectionService).inSingletonScope();

    bindWorkspaceAgent(bind);
});
