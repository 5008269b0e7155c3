import { describe, expect, it } from 'vitest';
import type { ConfigError } from '@tandem/server-kit';
import { readControllerConfig } from './config.ts';

describe('controller configuration', () => {
    it('serves tandem.localhost on the default port without any option', () => {
        const config = readControllerConfig({}, {});
        expect(config.portalUrl.origin).toBe('http://tandem.localhost:7400');
        expect(config.contentDomain).toBe('ws.tandem.localhost');
        expect(config.hosts).toEqual(['127.0.0.1', '::1']);
    });

    it('puts the content domain under the portal of a team', () => {
        const config = readControllerConfig({ url: 'https://tandem.example.com' }, {});
        expect(config.contentDomain).toBe('ws.tandem.example.com');
    });

    it('lets the command line win over the environment', () => {
        expect(readControllerConfig({ port: '8000' }, { TANDEM_PORT: '9000' }).port).toBe(8000);
    });

    it('tells every problem at once, with the value and what to give instead', () => {
        let problems: readonly string[] = [];
        try {
            readControllerConfig({ port: 'web', tlsCert: 'a.pem', url: 'tandem' }, { TANDEM_OIDC_ISSUER: 'nowhere' });
        } catch (error) {
            problems = (error as ConfigError).problems;
        }
        expect(problems).toHaveLength(5);
        expect(problems.join('\n')).toMatch(/"web"/);
        expect(problems.join('\n')).toMatch(/--tls-cert and --tls-key/);
        expect(problems.join('\n')).toMatch(/"tandem"/);
        expect(problems.join('\n')).toMatch(/"nowhere"/);
    });
});
