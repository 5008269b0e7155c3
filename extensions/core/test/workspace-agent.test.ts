import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CONTROL_PATH } from '@tandem/protocol';
import { AgentUnderTest, type Controller } from './agent-under-test';
import { GitServer } from './git-server';

const run = promisify(execFile);

describe('the identity guard', () => {
    let under: AgentUnderTest;
    beforeEach(async () => {
        under = await AgentUnderTest.start();
        const controller = await under.dial();
        await controller.next('hello');
        controller.send(under.activation());
        await controller.next('activated');
    });
    afterEach(() => under.stop());

    it('lets the owner and editors with run in, by request and by upgrade', async () => {
        for (const claims of [{}, { role: 'editor', run: true, grant: 'g', sub: 'bob' }] as const) {
            const token = await under.token(claims);
            expect(await under.request(token)).toBe(200);
            expect((await under.upgrade(token)).outcome).toBe('inside');
        }
    });

    it('refuses requests and upgrades without a valid identity', async () => {
        const tokens = [
            undefined,
            'nonsense',
            await under.token({}, { audience: 'workspace:another' }),
            await under.token({}, { audience: 'collab' }),
            await under.token({}, { issuer: 'http://evil.example' }),
            await under.token({}, { expiresAt: Math.floor(Date.now() / 1000) - 3600 }),
            await under.token({ gen: 2 }),
            await under.token({ gen: undefined }),
            `${(await under.token({})).slice(0, -4)}AAAA`,
            `${Buffer.from('{"alg":"none"}').toString('base64url')}.${(await under.token({})).split('.')[1]}.`,
        ];
        for (const [index, token] of tokens.entries()) {
            expect.soft(await under.request(token), `request ${index}`).toBe(401);
            expect.soft((await under.upgrade(token)).outcome, `upgrade ${index}`).toBe(401);
        }
    });

    it('closes with 4403 for roles that do not reach the IDE', async () => {
        for (const claims of [{ role: 'viewer' }, { role: 'commenter' }, { role: 'editor' }, { role: 'viewer', run: true }] as const) {
            const token = await under.token({ grant: 'g', ...claims });
            expect(await under.request(token)).toBe(403);
            expect((await under.upgrade(token)).outcome).toBe(4403);
        }
    });

    it('keeps people from the control socket and the controller from the IDE', async () => {
        expect((await under.upgrade(await under.token({}), CONTROL_PATH)).outcome).toBe(4403);
        const controller = await under.token({ role: 'controller', sub: 'controller' });
        expect((await under.upgrade(controller)).outcome).toBe(4403);
        expect(await under.request(controller)).toBe(403);
    });

    it('ends the connections of a revoked grant and no others', async () => {
        const mine = await under.upgrade(await under.token({}));
        const theirs = await under.upgrade(await under.token({ sub: 'bob', grant: 'g', role: 'editor', run: true, sid: 't' }));
        const closed = new Promise((resolve) => theirs.socket.once('close', resolve));
        const controller = await under.dial();
        await controller.next('hello');
        controller.send({ type: 'revoke', kind: 'grant', revokedId: 'g', reason: 'over' });
        await closed;
        expect(mine.socket.readyState).toBe(mine.socket.OPEN);
        expect(under.guard.connections).toBe(1);
    });
});

describe('activation', () => {
    let under: AgentUnderTest;
    let controller: Controller;
    beforeEach(async () => {
        under = await AgentUnderTest.start();
        controller = await under.dial();
    });
    afterEach(() => under.stop());

    it('is refused for another boot, an older generation and another claim of the same generation', async () => {
        expect(await controller.next('hello')).toMatchObject({ bootId: under.bootId, version: '1.2.3', prepared: false });
        controller.send(under.activation({ bootId: 'another' }));
        expect(await controller.next('refused')).toMatchObject({ code: 'wrong-boot' });
        controller.send(under.activation({ generation: 3 }));
        expect(await controller.next('activated')).toMatchObject({ generation: 3 });
        controller.send(under.activation({ generation: 2 }));
        expect(await controller.next('refused')).toMatchObject({ code: 'stale-generation' });
        controller.send(under.activation({ generation: 3, claimUid: 'other' }));
        expect(await controller.next('refused')).toMatchObject({ code: 'other-claim' });
        controller.send(under.activation({ generation: 3 }));
        expect(await controller.next('activated')).toMatchObject({ generation: 3 });
    });

    it('is remembered on the volume, and needed again after a restart', async () => {
        controller.send(under.activation());
        await controller.next('activated');
        await under.stop({ keepHome: true });
        const again = await AgentUnderTest.start({ home: under.home });
        try {
            const next = await again.dial();
            expect((await next.next('hello')).claim).toEqual({ uid: 'claim-1', generation: 1, owner: 'ada' });
            expect(await again.request(await again.token({}))).toBe(401);
            next.send(again.activation());
            await next.next('activated');
            expect(await again.request(await again.token({}))).toBe(200);
        } finally {
            await again.stop({ keepHome: true });
            under = await AgentUnderTest.start({ home: under.home });
        }
    });

    it('lets a person wait who comes a moment before it', async () => {
        const early = await AgentUnderTest.start({ activationWaitMs: 20_000 });
        try {
            const answer = early.request(await early.token({}));
            const dialled = await early.dial();
            await dialled.next('hello');
            dialled.send(early.activation());
            await dialled.next('activated');
            expect(await answer).toBe(200);
        } finally {
            await early.stop();
        }
    });

    it('tells git who commits, and lets own settings win', async () => {
        controller.send(under.activation());
        await controller.next('activated');
        const env = { PATH: process.env['PATH'], HOME: under.home };
        const value = async (key: string) => (await run('git', ['config', key], { env, cwd: under.home })).stdout.trim();
        expect(await value('user.name')).toBe('Ada "Countess"');
        await run('git', ['config', '--global', 'user.name', 'Lady A'], { env, cwd: under.home });
        expect(await value('user.name')).toBe('Lady A');
        expect(under.environment['GREETING']).toBe('hello');
    });

    it('gives way to a newer control socket', async () => {
        await controller.next('hello');
        const closed = controller.closed();
        const newer = await under.dial();
        await newer.next('hello');
        expect(await closed).toBe(1000);
        newer.send({ type: 'ping' });
        await newer.next('pong');
    });

    it('ignores messages that are not what their type demands', async () => {
        await controller.next('hello');
        controller.socket.send('nonsense');
        controller.socket.send('{"type":"activate"}');
        controller.socket.send('{"type":"of the future"}');
        controller.send({ type: 'notify', severity: 'info', text: 'still here' });
        controller.send({ type: 'ping' });
        await controller.next('pong');
        expect(under.notes).toEqual(['info: still here']);
    });

    it('saves and ends when told to stop', async () => {
        await controller.next('hello');
        controller.send({ type: 'stop', id: 'x', reason: 'idle', deadlineMs: 5_000 });
        await controller.next('stopping');
        await under.ended;
        expect(under.saves).toBe(1);
    });
});

describe('without a controller', () => {
    it('a workspace saves and ends', async () => {
        const under = await AgentUnderTest.start({ lostAfterMs: 50 });
        await under.ended;
        expect(under.saves).toBe(1);
        await under.stop();
    });
});

describe('preparation', () => {
    let git: GitServer;
    let commit: string;
    let under: AgentUnderTest;
    let controller: Controller;
    beforeAll(async () => {
        git = await GitServer.start();
        commit = await git.create('web', { 'README.md': '# Web\n', '.hidden': 'x' });
        await git.create('dots', { 'install.sh': '#!/bin/sh\necho installed > ~/.installed\n' });
        await git.create('plain', { '.vimrc': 'set nu\n' });
    });
    afterAll(() => git.stop());
    beforeEach(async () => {
        under = await AgentUnderTest.start();
        controller = await under.dial();
        await controller.next('hello');
        controller.send(under.activation());
        await controller.next('activated');
    });
    afterEach(() => under.stop());

    const project = (...segments: string[]) => path.join(under.home, 'project', ...segments);
    const head = async (...args: string[]) => (await run('git', ['rev-parse', ...args, 'HEAD'], { cwd: project() })).stdout.trim();
    const left = async () =>
        existsSync(path.join(under.home, '.tandem', 'clone')) ? readdir(path.join(under.home, '.tandem', 'clone')) : [];

    it('clones, applies dotfiles and runs the prepare command, once', async () => {
        await mkdir(project());
        controller.send({
            type: 'prepare',
            id: 'p',
            source: { url: git.url('open', 'web') },
            dotfiles: { url: git.url('open', 'dots') },
            prepareCommand: 'echo "$GREETING from $(pwd)" >> ~/prepared-by',
        });
        expect(await controller.next('prepared', 'prepare-failed')).toEqual({ type: 'prepared', id: 'p' });
        expect(await readFile(project('README.md'), 'utf8')).toBe('# Web\n');
        expect(await head('--abbrev-ref')).toBe('main');
        expect(existsSync(path.join(under.home, '.installed'))).toBe(true);
        expect(await readFile(path.join(under.home, 'prepared-by'), 'utf8')).toBe(`hello from ${project()}\n`);
        expect(await left()).toEqual([]);
        expect(controller.seen.some(({ type }) => type === 'progress')).toBe(true);
        expect(await controller.next('activity')).toMatchObject({ jobs: [], taskRunning: false });
        controller.send({ type: 'prepare', id: 'q', prepareCommand: 'echo again >> ~/prepared-by' });
        await controller.next('prepared');
        expect(await readFile(path.join(under.home, 'prepared-by'), 'utf8')).not.toContain('again');
    });

    it('links dotfiles that have no installer', async () => {
        controller.send({ type: 'prepare', id: 'p', dotfiles: { url: git.url('open', 'plain') } });
        await controller.next('prepared');
        expect(await readFile(path.join(under.home, '.vimrc'), 'utf8')).toBe('set nu\n');
    });

    it.each(['topic', 'v1'])('checks out the branch or tag %s', async (ref) => {
        controller.send({ type: 'prepare', id: 'p', source: { url: git.url('open', 'web'), ref } });
        await controller.next('prepared');
        expect((await run('git', ['log', '-1', '--format=%s'], { cwd: project() })).stdout.trim()).toBe(ref === 'v1' ? 'first' : 'second');
    });

    it('checks out a commit', async () => {
        controller.send({ type: 'prepare', id: 'p', source: { url: git.url('open', 'web'), ref: commit.slice(0, 12) } });
        await controller.next('prepared');
        expect(await head()).toBe(commit);
    });

    it('says which of the many things that can go wrong did', async () => {
        const web = git.url('open', 'web');
        const cases = [
            ['git-unreachable', 'http://127.0.0.1:9/x.git', undefined],
            ['git-unreachable', 'http://no-such-host.invalid/x.git', undefined],
            ['git-not-found', git.url('open', 'none'), undefined],
            ['git-auth', git.url('closed', 'web'), undefined],
            ['git-ref-not-found', web, 'no-such-branch'],
            ['git-ref-not-found', web, 'abcdef1234567'],
            ['git-ref-not-found', web, '--upload-pack=touch /tmp/pwned'],
            ['git-unreachable', 'ext::sh -c "touch /tmp/pwned"', undefined],
        ] as const;
        for (const [code, url, ref] of cases) {
            controller.send({ type: 'prepare', id: 'p', source: { url, ref } });
            const request = controller.next('prepare-failed', 'prepared');
            if (code === 'git-auth') {
                const { id } = await controller.next('credential-request');
                controller.send({ type: 'credential', id, refused: 'There is none for this host.' });
            }
            expect.soft(await request, url).toMatchObject({ type: 'prepare-failed', code, stage: 'cloning' });
            expect.soft(await left(), url).toEqual([]);
        }
        expect(existsSync('/tmp/pwned')).toBe(false);
        controller.send({ type: 'prepare', id: 'p', source: { url: web } });
        await controller.next('prepared');
    });

    it('uses a credential that the controller gives, and keeps it nowhere', async () => {
        controller.send({ type: 'prepare', id: 'p', source: { url: git.url('closed', 'web') } });
        const request = await controller.next('credential-request');
        expect(request).toMatchObject({ protocol: 'http', host: new URL(git.url('closed', 'web')).host });
        controller.send({ type: 'credential', id: request.id, username: git.username, password: git.password });
        await controller.next('prepared');
        await expect(run('grep', ['-r', git.password, under.home])).rejects.toMatchObject({ code: 1 });
        expect(JSON.stringify(under.environment)).not.toContain(git.password);
    });

    it('is cancelled in the middle and can begin again', async () => {
        const silent = git.url('open', 'web').replace('/open/', '/silent/');
        controller.send({ type: 'prepare', id: 'p', source: { url: silent } });
        await controller.next('progress');
        controller.send({ type: 'cancel-prepare', id: 'p' });
        expect(await controller.next('prepare-failed')).toMatchObject({ code: 'cancelled' });
        expect(await left()).toEqual([]);
        controller.send({ type: 'prepare', id: 'q', source: { url: git.url('open', 'web') } });
        await controller.next('prepared');
    });

    it('tells what the prepare command printed when it fails, and tries only that again', async () => {
        const source = { url: git.url('open', 'web') };
        controller.send({ type: 'prepare', id: 'p', source, prepareCommand: 'echo out of luck; exit 3' });
        const failed = await controller.next('prepare-failed');
        expect(failed).toMatchObject({ code: 'prepare-command', stage: 'preparing' });
        expect(failed.log).toContain('out of luck');
        await writeFile(project('mine'), 'work of the person');
        controller.send({ type: 'prepare', id: 'q', source, prepareCommand: 'true' });
        await controller.next('prepared');
        expect(existsSync(project('mine'))).toBe(true);
    });

    it('begins anew when it was killed while files moved into the project', async () => {
        await mkdir(project(), { recursive: true });
        await writeFile(project('README.md'), 'half');
        await writeFile(path.join(under.home, '.tandem', 'prepared.json'), '{"step":"moving"}');
        controller.send({ type: 'prepare', id: 'p', source: { url: git.url('open', 'web') } });
        await controller.next('prepared');
        expect(await readFile(project('README.md'), 'utf8')).toBe('# Web\n');
    });

    it('never overwrites files that somebody put into the project', async () => {
        await mkdir(project(), { recursive: true });
        await writeFile(project('mine'), 'x');
        controller.send({ type: 'prepare', id: 'p', source: { url: git.url('open', 'web') } });
        expect(await controller.next('prepare-failed')).toMatchObject({ code: 'internal' });
        expect(await readFile(project('mine'), 'utf8')).toBe('x');
    });
});
