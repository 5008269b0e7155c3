import { ApplicationShell, CommonMenus, type KeybindingContribution, type KeybindingRegistry } from '@theia/core/lib/browser';
import { StatusBarImpl } from '@theia/core/lib/browser/status-bar/status-bar';
import type { CommandContribution, CommandRegistry } from '@theia/core/lib/common/command';
import type { MenuContribution, MenuModelRegistry } from '@theia/core/lib/common/menu';
import { nls } from '@theia/core/lib/common/nls';
import { inject, injectable } from '@theia/core/shared/inversify';
import type { Widget } from '@theia/core/shared/@lumino/widgets';

const TOGGLE_ZEN_MODE = { id: 'workbench.action.toggleZenMode', category: 'View', label: 'Toggle Zen Mode' };
const SIDES = ['left', 'right', 'bottom'] as const;

/** Nothing but the editor, until the same keys are pressed again; then everything is where it was. */
@injectable()
export class ZenMode implements CommandContribution, KeybindingContribution, MenuContribution {
    @inject(ApplicationShell) protected readonly shell: ApplicationShell;
    @inject(StatusBarImpl) protected readonly statusBar: StatusBarImpl;

    /** What was there before; `undefined` while everything is. */
    protected before: { readonly widgets: readonly Widget[]; readonly panels: readonly (typeof SIDES)[number][] } | undefined;

    registerCommands(commands: CommandRegistry): void {
        commands.registerCommand(TOGGLE_ZEN_MODE, { execute: () => this.toggle(), isToggled: () => this.before !== undefined });
    }

    registerKeybindings(keybindings: KeybindingRegistry): void {
        keybindings.registerKeybinding({ command: TOGGLE_ZEN_MODE.id, keybinding: 'ctrlcmd+k z' });
    }

    registerMenus(menus: MenuModelRegistry): void {
        menus.registerMenuAction(CommonMenus.VIEW_LAYOUT, {
            commandId: TOGGLE_ZEN_MODE.id,
            label: nls.localizeByDefault('Zen Mode'),
            order: 'z',
        });
    }

    protected async toggle(): Promise<void> {
        const { before } = this;
        if (before) {
            this.before = undefined;
            before.widgets.forEach((widget) => widget.show());
            before.panels.forEach((panel) => this.shell.expandPanel(panel));
            return;
        }
        const surroundings = [
            this.shell.topPanel,
            this.statusBar,
            this.shell.leftPanelHandler.container,
            this.shell.rightPanelHandler.container,
        ];
        const widgets = surroundings.filter((widget) => !widget.isHidden);
        const panels = SIDES.filter((panel) => this.shell.isExpanded(panel));
        this.before = { widgets, panels };
        await Promise.all(panels.map((panel) => this.shell.collapsePanel(panel)));
        widgets.forEach((widget) => widget.hide());
        this.shell.currentWidget?.activate();
    }
}
