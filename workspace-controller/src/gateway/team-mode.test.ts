import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@tandem/server-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messagesOf, prepareInstall } from './prepare-install.ts';
import { checkTeamMode, type TeamModeFacts } from './team-mode.ts';

const PORTAL = 'tandem.example.com';
const CONTENT = 'ws.example.com';

describe('an install for a team', () => {
    let folder: string;
    let good: { certificate: string; key: string };
    let facts: TeamModeFacts;

    beforeAll(() => {
        folder = mkdtempSync(join(tmpdir(), 'team-mode-'));
        good = makeCertificate('good', [PORTAL, `*.${CONTENT}`]);
        facts = {
            portalUrl: new URL(`https://${PORTAL}`),
            contentDomain: CONTENT,
            hosts: ['0.0.0.0'],
            tls: good,
            trustedProxies: [],
            nowMs: Date.now(),
            resolved: new Map([
                [PORTAL, ['192.0.2.7']],
                [`tandem-check.${CONTENT}`, ['192.0.2.7']],
            ]),
            ownAddresses: ['127.0.0.1', '192.0.2.7'],
        };
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    function makeCertificate(
        name: string,
        hosts: string[],
        days = 90,
    ): { certificate: string; key: string; certificateFile: string; keyFile: string } {
        const files = { certificateFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
        execFileSync(
            'openssl',
            [
                ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', String(days)],
                ...['-subj', '/CN=tandem-test', '-addext', `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(',')}`],
                ...['-keyout', files.keyFile, '-out', files.certificateFile],
            ],
            { stdio: 'ignore' },
        );
        return { ...files, certificate: readFileSync(files.certificateFile, 'utf8'), key: readFileSync(files.keyFile, 'utf8') };
    }

    const problemsOf = (changes: Partial<TeamModeFacts>): string => checkTeamMode({ ...facts, ...changes }).problems.join('\n');

    it('passes with a wildcard certificate, and says that browsers must trust it', () => {
        const report = checkTeamMode(facts);
        expect(report.problems).toEqual([]);
        expect(report.missingDnsRecords).toEqual([]);
        expect(report.warnings.join()).toMatch(/signed by itself/);
    });

    it('needs a certificate for the portal and for every workspace', () => {
        expect(problemsOf({ tls: makeCertificate('portal', [PORTAL]) })).toMatch(
            /not for \*\.ws\.example\.com but for tandem\.example\.com/,
        );
        expect(problemsOf({ tls: makeCertificate('content', [`*.${CONTENT}`]) })).toMatch(/not for tandem\.example\.com/);
        expect(problemsOf({ tls: makeCertificate('above', [PORTAL, '*.example.com']) })).toMatch(/not for \*\.ws\.example\.com/);
    });

    it('needs a certificate of today with its own key', () => {
        const day = 86_400_000;
        expect(problemsOf({ nowMs: Date.now() + 91 * day })).toMatch(/expired on \d{4}-\d\d-\d\d/);
        expect(problemsOf({ nowMs: Date.now() - 2 * day })).toMatch(/not valid before/);
        expect(checkTeamMode({ ...facts, nowMs: Date.now() + 80 * day }).warnings.join()).toMatch(/expires in 9 days|expires in 10 days/);
        expect(problemsOf({ tls: { certificate: good.certificate, key: makeCertificate('stranger', [PORTAL]).key } })).toMatch(
            /does not belong/,
        );
        expect(problemsOf({ tls: { certificate: 'no', key: good.key } })).toMatch(/no certificate in PEM/);
        expect(problemsOf({ tls: { certificate: good.certificate, key: 'no' } })).toMatch(/no private key in PEM/);
    });

    it('refuses plain http off loopback and says why', () => {
        expect(problemsOf({ portalUrl: new URL('http://tandem.example.com'), tls: undefined })).toMatch(/plain http.*passkeys.*sign-in/s);
        const local = { portalUrl: new URL('http://tandem.localhost:7400'), contentDomain: 'ws.tandem.localhost', tls: undefined };
        expect(problemsOf(local)).toMatch(/--host is "0\.0\.0\.0"/);
        expect(problemsOf({ ...local, hosts: ['127.0.0.1', '::1'] })).toBe('');
        expect(problemsOf({ ...local, hosts: ['127.0.0.1'], tls: good })).toMatch(/Write it with https/);
    });

    it('needs TLS from somewhere', () => {
        expect(problemsOf({ tls: undefined })).toMatch(/nothing speaks TLS/);
        expect(problemsOf({ tls: undefined, hosts: ['127.0.0.1'], trustedProxies: ['127.0.0.1'] })).toBe('');
        expect(problemsOf({ trustedProxies: ['proxy.example.com'] })).toMatch(/"proxy\.example\.com" is no address/);
        expect(problemsOf({ trustedProxies: ['10.0.0.0/40'] })).toMatch(/no range/);
    });

    it('needs names that can be told apart', () => {
        expect(problemsOf({ portalUrl: new URL('https://192.0.2.7') })).toMatch(/an address/);
        expect(problemsOf({ portalUrl: new URL('https://tandem') })).toMatch(/Give a full name/);
        expect(problemsOf({ contentDomain: 'https://ws.example.com' })).toMatch(/without scheme and port/);
        expect(problemsOf({ contentDomain: PORTAL })).toMatch(/lies inside the content domain/);
        expect(problemsOf({ contentDomain: 'example.com' })).toMatch(/lies inside the content domain/);
        expect(problemsOf({ contentDomain: `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(20)}.com` })).toMatch(
            /characters long/,
        );
    });

    it('prints the DNS records that are missing', () => {
        const report = checkTeamMode({
            ...facts,
            resolved: new Map([
                [PORTAL, []],
                [`tandem-check.${CONTENT}`, []],
            ]),
        });
        expect(report.missingDnsRecords).toEqual(['tandem.example.com.  A  192.0.2.7', '*.ws.example.com.  A  192.0.2.7']);
        expect(messagesOf(report).at(-1)).toBe('  *.ws.example.com.  A  192.0.2.7');
        const elsewhere = checkTeamMode({ ...facts, resolved: new Map([[PORTAL, ['203.0.113.9']]]) });
        expect(elsewhere.warnings.join()).toMatch(/leads to 203\.0\.113\.9/);
    });

    it('tells all problems of unreadable files and names at once', async () => {
        writeFileSync(join(folder, 'empty'), '');
        const options = {
            portalUrl: new URL('https://tandem.localhost:7443'),
            contentDomain: 'tandem.localhost',
            hosts: ['127.0.0.1'],
            tls: { certificateFile: join(folder, 'missing.crt'), keyFile: join(folder, 'missing.key') },
            trustedProxies: [],
        };
        const error = await prepareInstall(options, Date.now()).catch((caught: unknown) => caught);
        expect(error).toBeInstanceOf(ConfigError);
        expect((error as ConfigError).problems).toHaveLength(3);
        expect((error as ConfigError).message).toMatch(/missing\.crt", which does not exist/);
        const files = makeCertificate('local', ['tandem.localhost', '*.ws.tandem.localhost']);
        const prepared = await prepareInstall({ ...options, contentDomain: 'ws.tandem.localhost', tls: files }, Date.now());
        expect(prepared.tls?.certificate).toBe(files.certificate);
    });
});
