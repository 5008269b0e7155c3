import { expect, type Locator, type Page } from '@playwright/test';
import { patient } from '../fixtures/patience.ts';

/** How long something may take that a person waits for, on a busy machine. */
const PATIENCE_MS = patient(60_000);

/** One browser tab with the IDE of a workspace, and what a person does in it. */
export class IdePage {
    readonly page: Page;

    constructor(page: Page) {
        this.page = page;
    }

    /** Opens the IDE and waits until it can be used. */
    async open(url: string): Promise<void> {
        await this.page.goto(url);
        await this.ready();
    }

    /** Waits until the workbench is there. */
    async ready(): Promise<void> {
        await this.page.locator('.theia-preload').waitFor({ state: 'detached', timeout: PATIENCE_MS });
        await this.page.locator('#theia-app-shell #theia-main-content-panel').waitFor({ timeout: PATIENCE_MS });
    }

    /** Waits until the extensions have been started and git has read the repository. */
    async extensionsReady(): Promise<void> {
        await this.statusBar().locator('.codicon-git-branch').waitFor({ timeout: PATIENCE_MS });
    }

    // Explorer

    /** The row of a file or folder in the explorer. @param name last segment of the path. */
    explorerRow(name: string): Locator {
        return this.page.locator('#files .theia-TreeNode').filter({ has: this.page.getByText(name, { exact: true }) });
    }

    /** Opens a file by a double click in the explorer; its folders have to be open. */
    async openFromExplorer(name: string): Promise<Locator> {
        await this.explorerRow(name).dblclick();
        return this.waitForTab(name);
    }

    /** Opens a file by its name, as with Ctrl+P. @param path relative to the project. */
    async openFile(path: string): Promise<Locator> {
        const name = path.split('/').at(-1)!;
        await this.leaveTerminal();
        const input = this.quickInput();
        // A key pressed in the moment the page is laid out goes nowhere; a person presses it again.
        await expect(async () => {
            await this.page.keyboard.press('Control+p');
            await input.waitFor({ timeout: 5_000 });
        }).toPass({ timeout: PATIENCE_MS });
        await input.fill(path);
        const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first();
        await row.waitFor({ timeout: PATIENCE_MS });
        await row.click();
        return this.waitForTab(name);
    }

    /** A terminal takes most keys for itself. */
    private leaveTerminal(): Promise<void> {
        return this.page.evaluate(() => {
            const active = document.activeElement as HTMLElement | null;
            if (active?.closest('.terminal-container')) {
                active.blur();
            }
        });
    }

    tab(name: string): Locator {
        return this.page.locator('#theia-main-content-panel .lm-TabBar-tab').filter({ hasText: name });
    }

    private async waitForTab(name: string): Promise<Locator> {
        await this.tab(name).first().waitFor({ timeout: PATIENCE_MS });
        const editor = this.activeEditor();
        await editor.locator('.view-line').first().waitFor({ timeout: PATIENCE_MS });
        return editor;
    }

    // Editor

    activeEditor(): Locator {
        return this.page.locator('#theia-main-content-panel .theia-editor:not(.lm-mod-hidden) .monaco-editor[data-uri]').first();
    }

    /** The visible text of the editor in front. */
    async editorText(): Promise<string> {
        const lines = await this.activeEditor()
            .locator('.view-line')
            .evaluateAll((nodes) =>
                nodes
                    .map((node) => ({ top: parseFloat((node as HTMLElement).style.top), text: node.textContent ?? '' }))
                    .sort((a, b) => a.top - b.top)
                    .map(({ text }) => text),
            );
        return lines.join('\n').replaceAll('\u00a0', ' ');
    }

    /** Puts the cursor at the end of a line. @param line counted from 1. */
    async goToLine(line: number, column = 1): Promise<void> {
        await this.page.keyboard.press('Control+g');
        await this.quickInput().fill(`:${line}:${column}`);
        await this.page.keyboard.press('Enter');
        await this.quickInput().waitFor({ state: 'hidden' });
    }

    /** Clicks into the editor in front; the cursor goes wherever that is. */
    async focusEditor(): Promise<void> {
        // In its middle: the tooltip of a tab that was clicked before lies over the first lines.
        await this.activeEditor().click();
    }

    async type(text: string): Promise<void> {
        await this.page.keyboard.type(text);
    }

    async save(): Promise<void> {
        await this.page.keyboard.press('Control+s');
        await this.page.locator('#theia-main-content-panel .lm-TabBar-tab.lm-mod-current.theia-mod-dirty').waitFor({ state: 'detached' });
    }

    /** Closes the editor in front and drops what was typed. */
    async closeEditorWithoutSaving(): Promise<void> {
        await this.command('File: Revert File');
        await this.page.locator('#theia-main-content-panel .lm-TabBar-tab.lm-mod-current.theia-mod-dirty').waitFor({ state: 'detached' });
        await this.page.locator('#theia-main-content-panel .lm-TabBar-tab.lm-mod-current .lm-TabBar-tabCloseIcon').click();
    }

    /** Colour classes of the tokens of the editor in front; more than one means that it is coloured. */
    tokenClasses(): Promise<string[]> {
        return this.activeEditor()
            .locator('.view-line span span')
            .evaluateAll((nodes) => [...new Set(nodes.map((node) => node.className).filter((name) => /mtk\d+/.test(name)))]);
    }

    /** Opens the suggestions at the cursor and returns their labels. */
    async suggestions(): Promise<string[]> {
        await this.page.keyboard.press('Control+Space');
        const rows = this.page.locator('.suggest-widget.visible .monaco-list-row .label-name');
        await rows.first().waitFor({ timeout: PATIENCE_MS });
        return rows.allTextContents();
    }

    /** Squiggles in the editor in front. */
    squiggles(kind: 'error' | 'warning' | 'info' = 'error'): Locator {
        return this.activeEditor().locator(`.squiggly-${kind}`);
    }

    /** The row of a problem in the problems view, which is opened. @param text part of the message. */
    async problem(text: string | RegExp): Promise<Locator> {
        await expect(async () => {
            if (!(await this.view('problems').isVisible())) {
                await this.page.keyboard.press('Control+Shift+m');
                await this.view('problems').waitFor({ timeout: 5_000 });
            }
        }).toPass({ timeout: PATIENCE_MS });
        return this.view('problems').locator('.theia-TreeNode').filter({ hasText: text }).first();
    }

    // Commands and quick input

    quickInput(): Locator {
        return this.page.locator('.quick-input-widget:not([style*="display: none"]) input').first();
    }

    /** Runs a command of the palette by its full label. */
    async command(label: string): Promise<void> {
        await this.leaveTerminal();
        await this.page.keyboard.press('F1');
        const input = this.quickInput();
        await input.waitFor();
        await input.fill(`>${label}`);
        const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: label }).first();
        await row.waitFor({ timeout: PATIENCE_MS });
        await row.click();
    }

    /** Chooses a row of the open quick pick. */
    async pick(label: string): Promise<void> {
        await this.quickInput().fill(label);
        const row = this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: label }).first();
        await row.waitFor({ timeout: PATIENCE_MS });
        await row.click();
    }

    // Views

    /** Opens a view of the side bar by its command, for example `View: Toggle Search`. */
    view(id: string): Locator {
        return this.page.locator(`[id="${id}"]`);
    }

    async activity(
        id: 'explorer-view-container' | 'search-view-container' | 'scm-view-container' | 'debug' | 'vsx-extensions-view-container',
    ): Promise<void> {
        const tab = this.page.locator(`[id="shell-tab-${id}"]`);
        if (!(await tab.getAttribute('class'))?.includes('lm-mod-current')) {
            await tab.click();
        }
    }

    async searchExtensions(text: string): Promise<void> {
        await this.page.locator('.vsx-search-container input').fill(text);
    }

    statusBar(): Locator {
        return this.page.locator('#theia-statusBar');
    }

    notifications(): Locator {
        return this.page.locator('.theia-notification-list-item:visible');
    }

    async clearNotifications(): Promise<void> {
        await this.command('Notifications: Clear All Notifications');
        await expect(this.notifications()).toHaveCount(0);
    }

    // Terminal

    /** Opens a new terminal in the project folder. */
    async openTerminal(): Promise<Locator> {
        await this.command('Terminal: Create New Terminal');
        const terminal = this.page.locator('.terminal-container:visible').last();
        await terminal.locator('.xterm-screen').waitFor({ timeout: PATIENCE_MS });
        await this.waitForTerminalText(/[$#]\s*$/m);
        return terminal;
    }

    async runInTerminal(command: string): Promise<void> {
        await this.page.locator('.terminal-container:visible .xterm-helper-textarea').last().focus();
        await this.page.keyboard.type(`${command}\n`);
    }

    /** All lines of the newest terminal. It draws on a canvas, so they are read from Theia's service. */
    terminalText(): Promise<string> {
        return this.page.evaluate(() => {
            interface Terminal {
                readonly buffer: { readonly length: number; getLines(start: number, length: number): string[] };
            }
            interface Container {
                readonly _bindingDictionary: { readonly _map: Map<unknown, unknown> };
                get(token: unknown): { readonly all: Terminal[] };
            }
            const { container } = (window as unknown as { theia: { container: Container } }).theia;
            const token = [...container._bindingDictionary._map.keys()].find((key) => String(key) === 'Symbol(TerminalService)');
            const buffer = container.get(token).all.at(-1)?.buffer;
            return buffer
                ? buffer
                      .getLines(0, buffer.length)
                      .map((line) => line.trimEnd())
                      .join('\n')
                : '';
        });
    }

    async waitForTerminalText(pattern: RegExp): Promise<void> {
        const deadline = Date.now() + PATIENCE_MS;
        let text = '';
        while (Date.now() < deadline) {
            text = await this.terminalText();
            if (pattern.test(text)) {
                return;
            }
            // eslint-disable-next-line no-restricted-syntax -- the pause between two looks
            await this.page.waitForTimeout(100);
        }
        throw new Error(`The terminal does not show ${pattern}, but:\n${text}`);
    }

    // Debugging

    /** Sets or removes a breakpoint on a line of the file in front. */
    async toggleBreakpoint(line: number): Promise<void> {
        await this.focusEditor();
        await this.goToLine(line);
        await this.page.keyboard.press('F9');
    }

    /** Starts a configuration of launch.json. */
    async startDebugging(name: string): Promise<void> {
        await this.page.keyboard.press('Control+p');
        await this.quickInput().fill(`debug ${name}`);
        await this.page.locator('.quick-input-list .monaco-list-row').filter({ hasText: name }).first().click();
    }

    /** Evaluates in the debug console and returns the value. */
    async evaluate(expression: string): Promise<string> {
        const consoleView = this.view('debug-console');
        if (!(await consoleView.isVisible())) {
            await this.page.keyboard.press('Control+Shift+y');
        }
        const input = consoleView.locator('.theia-console-input .monaco-editor').first();
        await input.click();
        await this.type(expression);
        await this.page.keyboard.press('Enter');
        // An entry shows the expression and, when it is there, the value.
        const entry = consoleView.locator('.theia-console-content .theia-TreeNode').filter({ hasText: expression }).last();
        const value = async (): Promise<string> => ((await entry.textContent()) ?? '').replace(expression, '').trim();
        await expect.poll(value, { timeout: PATIENCE_MS }).not.toBe('');
        return value();
    }

    /** Continues until the program has ended. */
    async continueToEnd(): Promise<void> {
        await this.page.keyboard.press('F5');
        await expect(this.page.locator('.theia-debug-stack-frame')).toHaveCount(0, { timeout: PATIENCE_MS });
    }

    /** Waits until the debugger has stopped and returns the top frame's label. */
    async stopped(): Promise<string> {
        const frame = this.page.locator('.theia-debug-stack-frame').first();
        await frame.waitFor({ timeout: PATIENCE_MS });
        return (await frame.textContent()) ?? '';
    }

    /** The row of a variable of the stopped program. */
    variable(name: string): Locator {
        return this.page.locator('.theia-debug-console-variable').filter({ hasText: new RegExp(`^${name}:`) });
    }
}
