import { expect, test } from '@playwright/test';
import { openIde, type OpenedIde } from './opened-ide.ts';

/** Programs that are not there, whatever the machine has. */
const settings = {
    'tandem.tools.clangd.path': '/not/there/clangd',
    'tandem.tools.gopls.path': '/not/there/gopls',
    'tandem.tools.rustAnalyzer.path': '/not/there/rust-analyzer',
    'tandem.tools.delve.path': '/not/there/dlv',
    'tandem.tools.lldb.path': '/not/there/lldb-dap',
    'python.defaultInterpreterPath': '/not/there/python',
};

const files = {
    'main.c': 'int main(void) {\n    return 0;\n}\n',
    'main.rs': 'fn main() {}\n',
    '.vscode/settings.json': JSON.stringify(settings),
    '.vscode/launch.json': JSON.stringify({
        version: '0.2.0',
        configurations: [
            { type: 'debugpy', request: 'launch', name: 'Python file', program: '${workspaceFolder}/prog.py' },
            { type: 'go', request: 'launch', name: 'Go package', mode: 'debug', program: '${workspaceFolder}' },
            { type: 'lldb', request: 'launch', name: 'Native program', program: '${workspaceFolder}/a.out' },
        ],
    }),
};

let opened: OpenedIde;

test.beforeAll(async ({ browser }) => {
    opened = await openIde(browser, { files });
});

test.afterAll(() => opened.close());

for (const [file, name, program] of [
    ['main.c', 'C and C++', 'clangd'],
    ['main.go', 'Go', 'gopls'],
    ['main.rs', 'Rust', 'rust-analyzer'],
] as const) {
    test(`${file} opens with a quiet hint that ${program} is missing`, async () => {
        const { ide } = opened;
        await ide.openFile(file);
        const hint = ide.statusBar().getByText(`${name}: no language server`);
        await expect(hint).toBeVisible({ timeout: 60_000 });
        await expect(ide.notifications()).toHaveCount(0);
        await hint.click();
        await expect(ide.notifications().filter({ hasText: `Install ${program}` })).toHaveCount(1);
        await ide.clearNotifications();
    });
}

for (const [configuration, program] of [
    ['Python file', 'debugpy'],
    ['Go package', 'Delve'],
    ['Native program', 'LLDB'],
] as const) {
    test(`starting "${configuration}" says in one sentence that ${program} is missing`, async () => {
        const { ide } = opened;
        await ide.openFile('prog.js');
        await ide.extensionsReady();
        await ide.startDebugging(configuration);
        await expect(ide.notifications().filter({ hasText: `Install ${program}` })).toHaveCount(1, { timeout: 60_000 });
        await expect(ide.notifications()).toHaveCount(1);
        await ide.clearNotifications();
    });
}
