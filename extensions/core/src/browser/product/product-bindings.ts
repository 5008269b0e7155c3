import { AboutDialog, AboutDialogProps } from '@theia/core/lib/browser/about-dialog';
import { bindViewContribution, FrontendApplicationContribution, KeybindingContribution } from '@theia/core/lib/browser';
import { WidgetFactory } from '@theia/core/lib/browser/widget-manager';
import { CommandContribution } from '@theia/core/lib/common/command';
import { MenuContribution } from '@theia/core/lib/common/menu';
import { PreferenceConfigurations } from '@theia/core/lib/common/preferences/preference-configurations';
import type { interfaces } from '@theia/core/shared/inversify';
import { DebugFrontendApplicationContribution } from '@theia/debug/lib/browser/debug-frontend-application-contribution';
import { PluginDebugService } from '@theia/plugin-ext/lib/main/browser/debug/plugin-debug-service';
import { WebviewEnvironment } from '@theia/plugin-ext/lib/main/browser/webview/webview-environment';
import { VSXExtensionsModel } from '@theia/vsx-registry/lib/browser/vsx-extensions-model';
import { AttachedPrograms } from '../debugging/attached-programs';
import { PatientDebugService } from '../debugging/patient-debug-service';
import { StartCurrentFile } from '../debugging/start-current-file';
import { StartWithExtensions } from '../debugging/start-with-extensions';
import { SessionGuard } from '../session/session-guard';
import { UnsavedText } from '../session/unsaved-text';
import { WelcomeContribution } from '../welcome/welcome-contribution';
import { WelcomeWidget } from '../welcome/welcome-widget';
import { FamiliarConfigurations } from './familiar-configurations';
import { FamiliarKeys } from './familiar-keys';
import { QuietExtensionsModel } from './quiet-extensions-model';
import { TandemAboutDialog } from './tandem-about-dialog';
import { TandemWebviewEnvironment } from './tandem-webview-environment';
import { ThemeMemory } from './theme-memory';
import { ZenMode } from './zen-mode';

/** What makes the application Tandem: words, pictures, pages, and what people know from elsewhere. */
export function bindProduct(bind: interfaces.Bind, rebind: interfaces.Rebind): void {
    rebind(WebviewEnvironment).to(TandemWebviewEnvironment).inSingletonScope();
    rebind(PreferenceConfigurations).to(FamiliarConfigurations).inSingletonScope();
    rebind(DebugFrontendApplicationContribution).to(StartCurrentFile).inSingletonScope();
    rebind(PluginDebugService).to(PatientDebugService).inSingletonScope();
    bind(StartWithExtensions).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(StartWithExtensions);
    bind(AttachedPrograms).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(AttachedPrograms);
    rebind(VSXExtensionsModel).to(QuietExtensionsModel).inSingletonScope();
    rebind(AboutDialog).to(TandemAboutDialog).inSingletonScope();
    rebind(AboutDialogProps).toConstantValue({ title: 'Tandem' });

    bind(ThemeMemory).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(ThemeMemory);

    bind(FamiliarKeys).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(FamiliarKeys);
    bind(ZenMode).toSelf().inSingletonScope();
    for (const contribution of [CommandContribution, KeybindingContribution, MenuContribution]) {
        bind(contribution).toService(ZenMode);
    }

    bindViewContribution(bind, WelcomeContribution);
    bind(FrontendApplicationContribution).toService(WelcomeContribution);
    bind(WelcomeWidget).toSelf();
    bind(WidgetFactory)
        .toDynamicValue(({ container }) => ({ id: WelcomeWidget.ID, createWidget: () => container.get<WelcomeWidget>(WelcomeWidget) }))
        .inSingletonScope();

    bind(UnsavedText).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(UnsavedText);
    bind(SessionGuard).toSelf().inSingletonScope();
    bind(FrontendApplicationContribution).toService(SessionGuard);
}
