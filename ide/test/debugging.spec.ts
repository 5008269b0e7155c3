import { expect, test } from '@playwright/test';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openIde, type OpenedIde } from './opened-ide.ts';

const INSPECTOR_PORT = 19_229;

const files = {
    'loop.js': ['let count = 0;', 'setInterval(() => {', '    count += 1;', '    console.log(count);', '}, 100);', ''].join('\n'),
    '.vscode/launch.json': JSON.stringify({
        version: '0.2.0',
        configurations: [
            {
                type: 'node',
                request: 'launch',
                name: 'In a terminal',
                program: '${workspaceFolder}/prog.js',
                console: 'integratedTerminal',
            },
            { type: 'node', request: 'attach', name: 'Attach', port: INSPECTOR_PORT, skipFiles: ['<node_internals>/**'] },
        ],
    }),
};

let opened: OpenedIde;
let loop: ChildProcess | undefined;

const isRunning = (program: ChildProcess): boolean => program.exitCode === null && program.signalCode === null;

test.beforeEach(async ({ browser }, { title }) => {
    opened = await openIde(browser, { files: title.includes('launch.json') ? files : {} });
});

test.afterEach(async () => {
    await opened.close();
    if (loop && isRunning(loop)) {
        const ended = once(loop, 'exit');
        loop.kill();
        await ended;
    }
    loop = undefined;
});

test('F5 pressed before extensions are ready stops at the breakpoint; variables, evaluation and steps work', async () => {
    const { ide } = opened;
    await ide.openFile('prog.js');
    await ide.toggleBreakpoint(2);
    await ide.page.keyboard.press('F5');
    expect(await ide.stopped()).toContain('add');
    await expect(ide.variable('a')).toContainText('19');
    await ide.page.keyboard.press('F10');
    await expect(ide.variable('sum')).toContainText('42');
    expect(await ide.evaluate('sum * 2')).toContain('84');
    await ide.continueToEnd();
    await expect(ide.notifications()).toHaveCount(0);
    expect(opened.complaints).toEqual([]);
});

test('by launch.json a program runs in a terminal and stops at its breakpoint', async () => {
    const { ide } = opened;
    await ide.openFile('prog.js');
    await ide.extensionsReady();
    await ide.toggleBreakpoint(3);
    await ide.startDebugging('In a terminal');
    expect(await ide.stopped()).toContain('add');
    await expect(ide.variable('sum')).toContainText('42');
    await ide.continueToEnd();
    await ide.waitForTerminalText(/^42$/m);
});

test('by launch.json the debugger attaches to a program that runs already, and leaves it running', async () => {
    const { ide, backend } = opened;
    const running = spawn(process.execPath, [`--inspect=127.0.0.1:${INSPECTOR_PORT}`, 'loop.js'], {
        cwd: backend.project,
        stdio: ['ignore', 'pipe', 'ignore'],
    });
    loop = running;
    let printed = 0;
    running.stdout.on('data', () => {
        printed += 1;
    });
    await ide.openFile('loop.js');
    await ide.extensionsReady();
    await ide.toggleBreakpoint(4);
    await ide.startDebugging('Attach');
    await ide.stopped();
    expect(await ide.evaluate('typeof count')).toContain('number');
    await ide.command('Debug: Stop');
    await expect(ide.page.locator('.theia-debug-stack-frame')).toHaveCount(0);
    const before = printed;
    await expect.poll(() => printed).toBeGreaterThan(before + 10);
    expect(isRunning(running)).toBe(true);
});
