import { randomBytes } from 'node:crypto';
import type { Revocation } from '@tandem/protocol';
import { Emitter, type Clock } from '@tandem/server-kit';
import { generateKeyPair, SignJWT, type CryptoKey } from 'jose';
import type { AccessRefusal, WorkspaceAccess, WorkspaceAccessRegistry } from '../../auth/workspace-access.ts';

/** Sessions and handles in memory, with really signed identities: what the gateway's tests let people in with. */
export class TestAccess implements WorkspaceAccessRegistry {
    feedAlive = true;
    minted = 0;
    readonly keys: { publicKey: CryptoKey; privateKey: CryptoKey };
    private readonly codes = new Map<string, { access: WorkspaceAccess; expiresAtMs: number }>();
    private readonly handles = new Map<string, WorkspaceAccess>();
    /** `api-x7k2:5173` → until when everybody may use it. */
    private readonly publicPorts = new Map<string, WorkspaceAccess>();
    private readonly ended = new Map<string, AccessRefusal>();
    private readonly revoked = new Emitter<Revocation>();
    private readonly clock: Clock;
    private sequence = 0;

    private constructor(keys: { publicKey: CryptoKey; privateKey: CryptoKey }, clock: Clock) {
        this.keys = keys;
        this.clock = clock;
    }

    static async create(clock: Clock): Promise<TestAccess> {
        return new TestAccess(await generateKeyPair('EdDSA'), clock);
    }

    get onDidRevoke(): WorkspaceAccessRegistry['onDidRevoke'] {
        return this.revoked.event;
    }

    async mintCode(access: WorkspaceAccess): Promise<string> {
        const code = randomBytes(24).toString('base64url');
        this.codes.set(code, { access, expiresAtMs: this.clock.now() + 30_000 });
        return code;
    }

    async redeemCode(code: string, host: string): Promise<{ handle: string; access: WorkspaceAccess } | AccessRefusal> {
        const found = this.codes.get(code);
        this.codes.delete(code);
        if (!found || found.expiresAtMs <= this.clock.now()) {
            return { refused: 'expired', explanation: 'The link is used up or has expired.' };
        }
        const label = host.split('.')[0]?.split('--').at(-1);
        if (label !== found.access.workspace.name) {
            return { refused: 'denied', explanation: 'This link was made for another workspace.' };
        }
        return { handle: this.signIn(found.access), access: found.access };
    }

    /** A cookie value for `access`, as `redeemCode` makes it. */
    signIn(access: WorkspaceAccess): string {
        const handle = randomBytes(24).toString('base64url');
        this.handles.set(handle, access);
        return handle;
    }

    /** Lets everybody use a port, as a public share does. */
    sharePublicly(workspace: WorkspaceAccess['workspace'], port: number): WorkspaceAccess {
        const access: WorkspaceAccess = {
            sessionId: '',
            user: { name: '', displayName: '' },
            grantId: `port:${workspace.uid}:${port}`,
            role: 'viewer',
            run: false,
            workspace,
            port,
            anonymous: true,
            expiresAtMs: Infinity,
        };
        this.publicPorts.set(`${workspace.name}:${port}`, access);
        return access;
    }

    lookup(handle: string | undefined, workspaceName: string, port?: number): WorkspaceAccess | AccessRefusal {
        const known = this.lookupHandle(handle, workspaceName);
        const everybody = this.publicPorts.get(`${workspaceName}:${port}`);
        return 'refused' in known && everybody !== undefined && !this.ended.has(everybody.grantId) ? everybody : known;
    }

    private lookupHandle(handle: string | undefined, workspaceName: string): WorkspaceAccess | AccessRefusal {
        const access = handle === undefined ? undefined : this.handles.get(handle);
        if (access === undefined || access.workspace.name !== workspaceName) {
            return { refused: 'no-cookie', explanation: 'Open this workspace from the portal.' };
        }
        const ended = this.ended.get(access.sessionId) ?? this.ended.get(access.grantId) ?? this.ended.get(access.user.name);
        if (ended) {
            return ended;
        }
        return access.expiresAtMs <= this.clock.now() ? { refused: 'expired', explanation: 'Your session has expired.' } : access;
    }

    mintIdentity(access: WorkspaceAccess, audience: string, generation: number): Promise<string> {
        this.minted++;
        const claims = {
            sid: access.sessionId,
            grant: access.grantId,
            role: access.role,
            run: access.run,
            ws: access.workspace.name,
            gen: generation,
        };
        return new SignJWT(claims)
            .setProtectedHeader({ alg: 'EdDSA' })
            .setIssuer('http://tandem.localhost')
            .setAudience(audience)
            .setSubject(access.user.name)
            .setIssuedAt()
            .setExpirationTime('5m')
            .sign(this.keys.privateKey);
    }

    /** Ends a session, grant or person, and tells everybody unless `silently`. */
    revoke(kind: Revocation['kind'], id: string, options: { reason?: string; expired?: boolean; silently?: boolean } = {}): void {
        const reason = options.reason ?? 'You signed out.';
        this.ended.set(id, { refused: kind === 'session' ? 'signed-out' : 'revoked', explanation: reason });
        if (options.silently !== true) {
            this.revoked.fire({
                sequence: ++this.sequence,
                kind,
                id,
                reason,
                expired: options.expired ?? false,
                at: new Date(this.clock.now()).toISOString(),
            });
        }
    }
}
