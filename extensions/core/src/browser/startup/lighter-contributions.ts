import { KeyboardLayoutService } from '@theia/core/lib/browser/keyboard/keyboard-layout-service';
import { type JsonSchemaRegisterContext } from '@theia/core/lib/browser/json-schema-store';
import type { PreferenceScope } from '@theia/core';
import { inject, injectable } from '@theia/core/shared/inversify';
import { FileNavigatorContribution } from '@theia/navigator/lib/browser/navigator-contribution';
import { PreferencesJsonSchemaContribution } from '@theia/preferences/lib/browser/preferences-json-schema-contribution';
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

/** The schemas of all settings are written out once, when the start is over, instead of several times during it. */
@injectable()
export class DeferredSettingsSchema extends PreferencesJsonSchemaContribution {
    @inject(StartupGate) protected readonly gate: StartupGate;
    private settled = false;

    override registerSchemas(context: JsonSchemaRegisterContext): void {
        super.registerSchemas(context);
        void this.gate.settled.then(() => {
            this.settled = true;
            this.updateInMemoryResources();
        });
    }

    protected override registerSchema(_scope: PreferenceScope, _context: JsonSchemaRegisterContext): void {
        // All are written by the first update.
    }

    protected override updateInMemoryResources(): void {
        if (this.settled) {
            super.updateInMemoryResources();
        }
    }
}
