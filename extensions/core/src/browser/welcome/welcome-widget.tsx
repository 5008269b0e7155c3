import { CommandRegistry } from '@theia/core/lib/common/command';
import { nls } from '@theia/core/lib/common/nls';
import { codicon, KeybindingRegistry, ReactWidget } from '@theia/core/lib/browser';
import * as React from '@theia/core/shared/react';
import { inject, injectable, postConstruct } from '@theia/core/shared/inversify';
import { WorkspaceService } from '@theia/workspace/lib/browser/workspace-service';
import { WELCOME_SECTIONS, type WelcomeEntry } from './welcome-entries';

/** One screen that says what can be done here. */
@injectable()
export class WelcomeWidget extends ReactWidget {
    static readonly ID = 'tandem-welcome';
    static readonly LABEL = nls.localize('tandem/core/welcome', 'Welcome');

    @inject(CommandRegistry) protected readonly commands: CommandRegistry;
    @inject(KeybindingRegistry) protected readonly keybindings: KeybindingRegistry;
    @inject(WorkspaceService) protected readonly workspace: WorkspaceService;

    @postConstruct()
    protected init(): void {
        this.id = WelcomeWidget.ID;
        this.title.label = WelcomeWidget.LABEL;
        this.title.caption = WelcomeWidget.LABEL;
        this.title.iconClass = codicon('home');
        this.title.closable = true;
        this.node.tabIndex = 0;
        // Commands of extensions arrive later; what they do can be offered only then.
        this.toDispose.push(this.commands.onCommandsChanged(() => this.update()));
        this.toDispose.push(this.workspace.onWorkspaceChanged(() => this.update()));
        this.update();
    }

    protected override onActivateRequest(): void {
        this.node.focus();
    }

    protected render(): React.ReactNode {
        const name = this.workspace.tryGetRoots()[0]?.name;
        return (
            <div className="tandem-welcome">
                <header>
                    <span className="tandem-welcome-mark" aria-hidden="true" />
                    <h1>{nls.localize('tandem/core/product', 'Tandem')}</h1>
                    {name && <p>{name}</p>}
                </header>
                <div className="tandem-welcome-sections">
                    {WELCOME_SECTIONS.map(({ title, entries }) => (
                        <section key={title}>
                            <h2>{title}</h2>
                            <ul>{entries.map((entry) => this.renderEntry(entry))}</ul>
                        </section>
                    ))}
                </div>
            </div>
        );
    }

    protected renderEntry({ label, icon, command }: WelcomeEntry): React.ReactNode {
        const known = this.commands.getCommand(command) !== undefined;
        const binding = this.keybindings.getKeybindingsForCommand(command)[0];
        const keys = binding && this.keybindings.acceleratorFor(binding, '+').join(' ');
        return (
            <li key={command}>
                <button disabled={!known} onClick={() => void this.commands.executeCommand(command)}>
                    <span className={codicon(icon)} aria-hidden="true" />
                    <span className="tandem-welcome-label">{label}</span>
                    {keys && <kbd>{keys}</kbd>}
                </button>
            </li>
        );
    }
}
