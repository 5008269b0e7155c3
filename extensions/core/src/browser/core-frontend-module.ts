import '../../src/browser/style/index.css';

import { FilterContribution } from '@theia/core/lib/common/contribution-filter';
import { EnvVariablesServer, envVariablesPath } from '@theia/core/lib/common/env-variables';
import { FrontendApplication, FrontendApplicationContribution } from '@theia/core/lib/browser';
import { KeyboardLayoutService } from '@theia/core/lib/browser/keyboard/keyboard-layout-service';
import { RemoteConnectionProvider, type ServiceConnectionProvider } from '@theia/core/lib/browser/messaging/service-connection-provider';
import { ContainerModule } from '@theia/core/shared/inversify';
import { MonacoThemeRegistry } from '@theia/monaco/lib/browser/textmate/monaco-theme-registry';
import { DebugSchemaUpdater } from '@theia/debug/lib/browser/debug-schema-updater';
import { KeymapsFrontendContribution } from '@theia/keymaps/lib/browser/keymaps-frontend-contribution';
import { FileNavigatorContribution } from '@theia/navigator/lib/browser/navigator-contribution';
import { HostedPluginSupport } from '@theia/plugin-ext/lib/hosted/browser/hosted-plugin';
import { PreferencesContribution } from '@theia/preferences/lib/browser/preferences-contribution';
import { PreferencesWidget } from '@theia/preferences/lib/browser/views/preference-widget';
import { TaskSchemaUpdater } from '@theia/task/lib/browser/task-schema-updater';
import { TerminalFrontendContribution } from '@theia/terminal/lib/browser/terminal-frontend-contribution';
import { TestViewContribution } from '@theia/test/lib/browser/view/test-view-contribution';
import { WorkspaceService } from '@theia/workspace/lib/browser/workspace-service';
import type { BootData } from '../common/boot-data';
import { BootDataToken } from './boot/boot-services';
import { BundledLanguages } from './languages/bundled-languages';
import { bindLighterPreferences } from './preferences/preference-bindings';
import { bindProduct } from './product/product-bindings';
import { bootEnvironment } from './startup/boot-environment';
import { calmScrollBars } from './startup/calm-scroll-bars';
import { DeferredPlugins } from './startup/deferred-plugins';
import { lazy } from './startup/lazy';
import { LeftOut } from './startup/left-out';
import {
    EventualDebugSchema,
    EventualKeyboardLayout,
    EventualTaskSchema,
    KeymapsOnDemand,
    OpenExplorer,
    TerminalOnDemand,
    TestsOnDemand,
} from './startup/lighter-contributions';
import { StartupGate } from './startup/startup-gate';
import { TandemFrontendApplication } from './startup/tandem-frontend-application';
import { addTandemThemes, TandemThemeRegistry } from './theme/themes';
import { bindWorkspaceState } from './workspace-state/workspace-state-contribution';
import { TandemWorkspaceService } from './workspace/tandem-workspace-service';

addTandemThemes();
calmScrollBars();

export default new ContainerModule((bind, unbind, isBound, rebind) => {
    bind(StartupGate).toSelf().inSingletonScope();
    rebind(FrontendApplication).to(TandemFrontendApplication).inSingletonScope();
    rebind(HostedPluginSupport).to(DeferredPlugins).inSingletonScope();
    rebind(FileNavigatorContribution).to(OpenExplorer).inSingletonScope();
    rebind(TerminalFrontendContribution).to(TerminalOnDemand).inSingletonScope();
    rebind(TestViewContribution).to(TestsOnDemand).inSingletonScope();
    rebind(KeyboardLayoutService).to(EventualKeyboardLayout).inSingletonScope();
    rebind(KeymapsFrontendContribution).to(KeymapsOnDemand).inSingletonScope();
    rebind(TaskSchemaUpdater).to(EventualTaskSchema).inSingletonScope();
    rebind(DebugSchemaUpdater).to(EventualDebugSchema).inSingletonScope();
    bind(FilterContribution).to(LeftOut).inSingletonScope();

    // The contribution keeps the whole settings editor alive only to know its scope.
    rebind(PreferencesContribution)
        .toDynamicValue(({ container }) => {
            const child = container.createChild();
            child.bind(PreferencesWidget).toConstantValue(lazy(() => container.get<PreferencesWidget>(PreferencesWidget)));
            child.bind(PreferencesContribution).toSelf();
            return child.get(PreferencesContribution);
        })
        .inSingletonScope();

    rebind(EnvVariablesServer)
        .toDynamicValue(({ container }) => {
            const connection = container.get<ServiceConnectionProvider>(RemoteConnectionProvider);
            return bootEnvironment(container.get<BootData>(BootDataToken), connection.createProxy<EnvVariablesServer>(envVariablesPath));
        })
        .inSingletonScope();
    rebind(WorkspaceService).to(TandemWorkspaceService).inSingletonScope();

    bind(BundledLanguages).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(BundledLanguages);

    rebind(MonacoThemeRegistry).to(TandemThemeRegistry).inSingletonScope();

    bindLighterPreferences(bind, rebind);
    bindProduct(bind, rebind);
    bindWorkspaceState(bind);
});
