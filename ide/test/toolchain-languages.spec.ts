import { expect, test } from '@playwright/test';
import path from 'node:path';
import { openIde, type OpenedIde } from './opened-ide.ts';

/** These need programs of the machine (see `ensureToolchains` in scripts/lib/ensure-tools.mjs). */
test.skip(process.env['TANDEM_TEST_SIZE'] !== 'full', 'Needs clangd and gopls: npm run test:full');

const files = {
    'native/main.cpp': '#include <string>\nint main() {\n    std::string text = 1 + nothing;\n    return 0;\n}\n',
    'go.mod': 'module sample\n\ngo 1.19\n',
    'main.go': 'package main\n\nimport "strings"\n\nfunc main() {\n\tvar count int = "three"\n\tstrings.ToUpper("a")\n}\n',
    '.vscode/settings.json': JSON.stringify({ 'files.autoSave': 'off' }),
};

const languages = [
    { file: path.join('native', 'main.cpp'), problem: /undeclared identifier 'nothing'/, line: 4, typed: 'text.appe', offered: /append/ },
    { file: 'main.go', problem: /count declared|cannot use "three"/, line: 7, typed: '\tstrings.HasPre', offered: /HasPrefix/ },
];

let opened: OpenedIde;

test.beforeAll(async ({ browser }) => {
    opened = await openIde(browser, { files });
});

test.afterAll(() => opened.close());

for (const { file, problem, line, typed, offered } of languages) {
    test(`${file} shows its mistake and completes what is typed`, async () => {
        const { ide } = opened;
        await ide.openFile(file);
        await expect(await ide.problem(problem)).toBeVisible({ timeout: 90_000 });
        await ide.tab(path.basename(file)).click();
        await ide.goToLine(line, 1);
        await ide.type(typed);
        await expect.poll(async () => (await ide.suggestions()).join('\n'), { timeout: 90_000 }).toMatch(offered);
        await ide.page.keyboard.press('Escape');
        await ide.closeEditorWithoutSaving();
    });
}

test('none of it said an error', async () => {
    await expect(opened.ide.notifications()).toHaveCount(0);
});
