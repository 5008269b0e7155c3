import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Contents by path. */
export type Files = Readonly<Record<string, string>>;

const SAMPLE: Files = {
    'index.ts': [
        'interface User {',
        '    name: string;',
        '    age: number;',
        '}',
        '',
        "const users: User[] = [{ name: 'Ada', age: 36 }];",
        '',
        'export function greet(user: User): string {',
        '    return `Hello ${user.name}`;',
        '}',
        '',
        "console.log(users.map(greet).join('\\n'));",
        '',
    ].join('\n'),
    'prog.js': ['function add(a, b) {', '    const sum = a + b;', '    return sum;', '}', '', 'console.log(add(19, 23));', ''].join('\n'),
    'prog.py': ['def add(a, b):', '    total = a + b', '    return total', '', '', 'print(add(19, 23))', ''].join('\n'),
    'wrong.py': ['value: int = "text"', 'print(undefined_name)', ''].join('\n'),
    'wrong.yaml': ['first: [1, 2', 'second: 3', ''].join('\n'),
    'wrong.sh': ['#!/bin/bash', 'if true; then', '  echo $1', ''].join('\n'),
    Dockerfile: ['FROM debian:12', 'RUNN echo hello', ''].join('\n'),
    'main.go': ['package main', '', 'func main() {}', ''].join('\n'),
    'README.md': ['# Sample project', '', 'Some **bold** text.', ''].join('\n'),
    'package.json': '{ "name": "sample", "scripts": { "test": "node prog.js" } }\n',
    'src/needle.txt': 'a needle in a haystack\n',
};

/** Fills a folder with a small project in a git repository. @param more files beside those of the sample. */
export async function fillProject(folder: string, more: Files = {}): Promise<void> {
    for (const [name, content] of Object.entries({ ...SAMPLE, ...more })) {
        await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
        await writeFile(path.join(folder, name), content);
    }
    const git = (...args: string[]): void => {
        execFileSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.com', ...args], { cwd: folder, stdio: 'ignore' });
    };
    git('init', '-q', '-b', 'main');
    git('add', '-A');
    git('commit', '-q', '-m', 'first');
}
