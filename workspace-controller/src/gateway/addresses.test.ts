import { describe, expect, it } from 'vitest';
import { Addresses } from './addresses.ts';

const addresses = new Addresses({ portalUrl: new URL('http://tandem.localhost:7400'), contentDomain: 'ws.tandem.localhost' });
const uuid = '7b0c3a52-2f0e-4c5d-9a43-0f2f5a1b6c7d';

describe('what a Host header names', () => {
    it.each([
        ['tandem.localhost:7400', { kind: 'portal' }],
        ['TANDEM.localhost:7400', { kind: 'portal' }],
        ['api-x7k2.ws.tandem.localhost:7400', { kind: 'workspace', workspace: 'api-x7k2' }],
        ['3000--api-x7k2.ws.tandem.localhost:7400', { kind: 'port', workspace: 'api-x7k2', port: 3000 }],
        [`wv-${uuid}-api-x7k2.ws.tandem.localhost:7400`, { kind: 'webview', workspace: 'api-x7k2', webviewId: uuid }],
        ['static.ws.tandem.localhost:7400', { kind: 'static' }],
        ['localhost:7400', { kind: 'loopback' }],
        ['127.0.0.1:7400', { kind: 'loopback' }],
        ['[::1]:7400', { kind: 'loopback' }],
    ])('%s', (host, expected) => {
        expect(addresses.classify(host)).toMatchObject(expected);
    });

    it.each([
        '',
        'evil.example',
        'ws.tandem.localhost:7400',
        '.ws.tandem.localhost',
        'a.b.ws.tandem.localhost',
        'xws.tandem.localhost',
        'api-x7k2.ws.tandem.localhost.',
        'api-x7k2.ws.tandem.localhost:0',
        'api-x7k2.ws.tandem.localhost:99999',
        'api-x7k2.ws.tandem.localhost:80:80',
        'user@api-x7k2.ws.tandem.localhost',
        'api-x7k2.ws.tandem.localhost/x',
        'api_x7k2.ws.tandem.localhost',
        '0--api-x7k2.ws.tandem.localhost',
        '03000--api-x7k2.ws.tandem.localhost',
        '70000--api-x7k2.ws.tandem.localhost',
        '-1--api-x7k2.ws.tandem.localhost',
        '3000--wv-x.ws.tandem.localhost',
        '3000--static.ws.tandem.localhost',
        'a--b.ws.tandem.localhost',
        'wv-.ws.tandem.localhost',
        'wv-x.ws.tandem.localhost',
        `wv-${uuid}.ws.tandem.localhost`,
        `wv-${uuid}-wv-x.ws.tandem.localhost`,
        `wv-${uuid}-3000--web.ws.tandem.localhost`,
        'portal.ws.tandem.localhost',
        'tandem.localhost, evil.example',
        'tandem.localhost\r\nX: y',
    ])('knows nothing by the name of %j', (host) => {
        expect(addresses.classify(host)).toEqual({ kind: 'unknown' });
    });

    it('makes and reads back every origin of a workspace', () => {
        for (const origin of [addresses.workspaceOrigin('api-x7k2'), addresses.portOrigin('api-x7k2', 5173)]) {
            expect(addresses.originOf(addresses.classify(new URL(origin).host) as never)).toBe(origin);
        }
        expect(addresses.classify(new URL(addresses.webviewOrigin('web', uuid)).host)).toMatchObject({
            kind: 'webview',
            workspace: 'web',
        });
        expect(addresses.staticOrigin()).toBe('http://static.ws.tandem.localhost:7400');
    });

    it('leads to the portal with the place to come back to', () => {
        expect(addresses.openUrl({ kind: 'port', workspace: 'web', port: 3000 }, '/a?b=c&d')).toBe(
            'http://tandem.localhost:7400/open/web?to=%2Fa%3Fb%3Dc%26d&port=3000',
        );
    });
});
