/** The part of `oidc-provider` that the tests use; it ships no types of its own. */
declare module 'oidc-provider' {
    import type { RequestListener } from 'node:http';

    export interface Configuration {
        clients: { client_id: string; client_secret: string; redirect_uris: string[] }[];
        claims: Record<string, string[]>;
        scopes: string[];
        pkce: { required: () => boolean };
        features: { devInteractions: { enabled: boolean } };
        cookies: { keys: string[] };
        findAccount: (context: unknown, id: string) => { accountId: string; claims: () => object };
    }

    export default class Provider {
        constructor(issuer: string, configuration: Configuration);
        callback(): RequestListener;
    }
}
