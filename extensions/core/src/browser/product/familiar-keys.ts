import { KeybindingRegistry, type FrontendApplicationContribution } from '@theia/core/lib/browser';
import { inject, injectable } from '@theia/core/shared/inversify';

/** Keys that people know from VS Code and that Theia leaves free or gives to something else. */
const KEYS: readonly { readonly keybinding: string; readonly command: string }[] = [
    { keybinding: 'ctrlcmd+b', command: 'core.toggle.left.panel' },
    { keybinding: 'ctrlcmd+shift+m', command: 'problemsView:toggle' },
    { keybinding: 'ctrlcmd+shift+h', command: 'search-in-workspace.replace' },
    { keybinding: 'ctrlcmd+k ctrlcmd+s', command: 'keymaps:open' },
];

@injectable()
export class FamiliarKeys implements FrontendApplicationContribution {
    @inject(KeybindingRegistry) protected readonly keybindings: KeybindingRegistry;

    /** When this is called, the contributions of Theia's own packages are registered. */
    onStart(): void {
        for (const { keybinding, command } of KEYS) {
            this.keybindings.unregisterKeybinding(keybinding);
            // A terminal keeps what its programs need.
            this.keybindings.registerKeybinding({ keybinding, command, when: '!terminalFocus' });
        }
    }
}
