import { KeyboardLayoutService } from '@theia/core/lib/browser/keyboard/keyboard-layout-service';
import { inject, injectable } from '@theia/core/shared/inversify';
import type { TabBarToolbarRegistry } from '@theia/core/lib/browser/shell/tab-bar-toolbar';
import { DebugSchemaUpdater } from '@theia/debug/lib/browser/debug-schema-updater';
import { KeymapsFrontendContribution } from '@theia/keymaps/lib/browser/keymaps-frontend-contribution';
import { KeybindingWidget } from '@theia/keymaps/lib/browser/keybindings-widget';
import { FileNavigatorContribution } from '@theia/navigator/lib/browser/navigator-contribution';
import { TaskSchemaUpdater } from '@theia/task/lib/browser/task-schema-updater';
import { TerminalFrontendContribution } from '@theia/terminal/lib/browser/terminal-frontend-contribution';
import { TestViewContribution } from '@theia/test/lib/browser/view/test-view-contribution';
import { StartupGate } from './startup-gate';

/** The explorer is open on the first visit. */
@injectable()
export class OpenExplorer extends FileNavigatorContribution {
    override async initializeLayout(): Promise<void> {
        await this.openView({ reveal: true });
    }
}

/** No shell is started, and waited for, before somebody asks for a terminal. */
@injectable()
export class TerminalOnDemand extends TerminalFrontendContribution {
    override async initializeLayout(): Promise<void> {
        // Nothing: the terminal opens when it is asked for.
    }
}

/** The view of tests opens when an extension brings tests, or from the menu. */
@injectable()
export class TestsOnDemand extends TestViewContribution {
    override async initializeLayout(): Promise<void> {
        // Nothing: an empty view is not worth a place on the first screen.
    }
}

/** The layout of the keyboard arrives when it arrives; until then keys mean what they say. */
@injectable()
export class EventualKeyboardLayout extends KeyboardLayoutService {
    override async initialize(): Promise<void> {
        super.initialize().catch((error) => console.warn('The keyboard layout could not be read.', error));
    }
}

/** What launch.json may hold is asked of every debugger when the start is over; nobody opens that file before. */
@injectable()
export class EventualDebugSchema extends DebugSchemaUpdater {
    @inject(StartupGate) protected readonly gate: StartupGate;
    private waiting: Promise<void> | undefined;

    override update(): Promise<void> {
        this.waiting ??= this.gate.settled.then(() => {
            this.waiting = undefined;
            return super.update();
        });
        return this.waiting;
    }
}

/** The list of all key bindings is made when somebody opens it; stock Theia makes it to give its toolbar two buttons. */
@injectable()
export class KeymapsOnDemand extends KeymapsFrontendContribution {
    override async registerToolbarItems(toolbar: TabBarToolbarRegistry): Promise<void> {
        const created = this.widgetManager.onDidCreateWidget(({ factoryId }) => {
            if (factoryId === KeybindingWidget.ID) {
                created.dispose();
                void super.registerToolbarItems(toolbar);
            }
        });
    }
}

/**
 * What tasks.json may hold is written, and its validator compiled, when the start is over or a task has to be checked, not anew
 * for every kind of task that becomes known.
 */
@injectable()
export class EventualTaskSchema extends TaskSchemaUpdater {
    @inject(StartupGate) protected readonly gate: StartupGate;
    private waiting = false;

    protected override doUpdate(): void {
        if (!this.waiting) {
            this.waiting = true;
            void this.gate.settled.then(() => this.updateNow());
        }
    }

    override validate(data: unknown): boolean {
        this.updateNow();
        return super.validate(data);
    }

    private updateNow(): void {
        if (this.waiting) {
            this.waiting = false;
            super.doUpdate();
        }
    }
}
