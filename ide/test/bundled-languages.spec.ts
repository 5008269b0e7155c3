import { expect, test } from '@playwright/test';
import { openIde, type OpenedIde } from './opened-ide.ts';

const schema = JSON.stringify({ type: 'object', properties: { colour: { enum: ['red', 'green'] }, size: { type: 'number' } } });

/** Files with one mistake each. */
const files = {
    'schema.json': schema,
    'wrong.ts': 'const count: number = "three";\nexport const names = ["Ada"];\n',
    'wrong.js': '// @ts-check\nconst count = [1];\ncount.missing();\n',
    'wrong.json': '{ "$schema": "./schema.json", "size": "wide" }\n',
    'wrong.css': '.a {\n    color: blue\n    margin: 0;\n}\n',
    'wrong.html': '<style>\n.a { colour: red; }\n</style>\n<p>text</p>\n',
    'wrong.md': '# Title\n\n[a file](./not-there.md)\n',
    'wrong.py': 'value: int = "text"\n',
    'wrong.yaml': '# yaml-language-server: $schema=./schema.json\nsize: wide\n',
    'wrong.sh': '#!/bin/bash\nif true; then\n  echo "$1"\n',
    'wrong.dockerfile': 'FROM debian:12\nRUNN echo hello\n',
    '.vscode/settings.json': '{ "markdown.validate.enabled": true, "files.autoSave": "off" }\n',
};

/** What is said about the mistake, and a name that is offered after some text at the end of the file. */
const languages = [
    { file: 'wrong.ts', problem: "Type 'string' is not assignable to type 'number'", typed: 'names.at(0)!.toUpp', offered: 'toUpperCase' },
    { file: 'wrong.js', problem: "Property 'missing' does not exist", typed: 'count.fin', offered: 'findIndex' },
    { file: 'wrong.json', problem: 'Incorrect type. Expected "number"', line: 1, column: 30, typed: ' "col', offered: 'colour' },
    { file: 'wrong.css', problem: 'semi-colon expected', typed: '.b { backgr', offered: 'background-color' },
    { file: 'wrong.html', problem: "Unknown property: 'colour'", typed: '<texta', offered: 'textarea' },
    { file: 'wrong.md', problem: 'not-there.md', typed: '[other](./READ', offered: 'README.md' },
    { file: 'wrong.py', problem: 'is not assignable to declared type "int"', typed: 'value.bit_l', offered: 'bit_length' },
    { file: 'wrong.yaml', problem: 'Incorrect type. Expected "number"', typed: 'col', offered: 'colour' },
    { file: 'wrong.sh', problem: /syntax error|Couldn't find 'fi'/, typed: 'ech', offered: 'echo' },
    { file: 'wrong.dockerfile', problem: 'Unknown instruction: RUNN', typed: 'HEALTH', offered: 'HEALTHCHECK' },
];

let opened: OpenedIde;

test.beforeAll(async ({ browser }) => {
    opened = await openIde(browser, { files });
});

test.afterAll(() => opened.close());

for (const { file, problem, line, column, typed, offered } of languages) {
    test(`${file} shows its mistake and completes what is typed`, async () => {
        const { ide } = opened;
        await ide.openFile(file);
        await expect(await ide.problem(problem)).toBeVisible({ timeout: 60_000 });
        await ide.tab(file).click();
        if (line) {
            await ide.goToLine(line, column);
        } else {
            await ide.page.keyboard.press('Control+End');
        }
        await ide.type(typed);
        await expect.poll(async () => (await ide.suggestions()).map((label) => label.split(' ')[0])).toContain(offered);
        await ide.page.keyboard.press('Escape');
        await ide.closeEditorWithoutSaving();
    });
}

test('none of it said an error', async () => {
    await expect(opened.ide.notifications()).toHaveCount(0);
});
