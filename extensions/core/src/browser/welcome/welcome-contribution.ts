import { AbstractViewContribution, CommonMenus, type FrontendApplicationContribution } from '@theia/core/lib/browser';
import type { CommandRegistry } from '@theia/core/lib/common/command';
import type { MenuModelRegistry } from '@theia/core/lib/common/menu';
import { injectable } from '@theia/core/shared/inversify';
import { WelcomeWidget } from './welcome-widget';

export const SHOW_WELCOME = { id: 'tandem.welcome', category: 'Tandem', label: 'Welcome' };

/** Shows the welcome page on the first visit of a workspace and whenever somebody asks for it. */
@injectable()
export class WelcomeContribution extends AbstractViewContribution<WelcomeWidget> implements FrontendApplicationContribution {
    constructor() {
        super({ widgetId: WelcomeWidget.ID, widgetName: WelcomeWidget.LABEL, defaultWidgetOptions: { area: 'main' } });
    }

    async initializeLayout(): Promise<void> {
        await this.openView({ reveal: true });
    }

    override registerCommands(commands: CommandRegistry): void {
        commands.registerCommand(SHOW_WELCOME, { execute: () => this.openView({ reveal: true, activate: true }) });
    }

    override registerMenus(menus: MenuModelRegistry): void {
        menus.registerMenuAction(CommonMenus.HELP, { commandId: SHOW_WELCOME.id, label: WelcomeWidget.LABEL, order: 'a10' });
    }
}
