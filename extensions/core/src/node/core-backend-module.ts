import { BackendApplication, BackendApplicationContribution } from '@theia/core/lib/node';
import {
    ReconnectableSocketChannel,
    WebsocketFrontendConnectionService,
} from '@theia/core/lib/node/messaging/websocket-frontend-connection-service';
import { ConnectionContainerModule } from '@theia/core/lib/node/messaging/connection-container-module';
import { ContainerModule } from '@theia/core/shared/inversify';
import { PluginScanner } from '@theia/plugin-ext/lib/common/plugin-protocol';
import { HostedPluginProcess } from '@theia/plugin-ext/lib/hosted/node/hosted-plugin-process';
import { bindWorkspaceAgent } from './agent/agent-contribution';
import { BootPage } from './boot-page';
import { BundledLanguageFilter } from './bundled-language-filter';
import { ExtensionHostProcess } from './extension-host/extension-host-process';
import { SpareExtensionHost } from './extension-host/spare-extension-host';
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

    bind(SpareExtensionHost).toSelf().inSingletonScope();
    bind(BackendApplicationContribution).toService(SpareExtensionHost);
    bind(ConnectionContainerModule).toConstantValue(
        ConnectionContainerModule.create(({ rebind: rebindOfConnection }) =>
            rebindOfConnection(HostedPluginProcess).to(ExtensionHostProcess).inSingletonScope(),
        ),
    );

    bindWorkspaceAgent(bind);
});
