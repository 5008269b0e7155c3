import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { AppError, type Clock } from '@tandem/server-kit';
import type { PlatformDatabase } from '../database/platform-database.ts';
import type { SecretBox } from '../database/secret-box.ts';
import type { CredentialProvider } from '../events.ts';
import { encodeOpenSshPublicKey } from './openssh-key.ts';

const HOST = /^(?=.{1,256}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/;

/** What a person's workspaces use towards git hosts: passwords or tokens per host, and one SSH key. Sealed at rest. */
export class GitCredentials {
    private readonly database: PlatformDatabase;
    private readonly secrets: SecretBox;
    private readonly clock: Clock;

    constructor(database: PlatformDatabase, secrets: SecretBox, clock: Clock) {
        this.database = database;
        this.secrets = secrets;
        this.clock = clock;
    }

    async list(user: string): Promise<{ host: string; username: string; createdAt: string }[]> {
        const rows = await this.database.query('SELECT host, username, created_at FROM git_credential WHERE user = ? ORDER BY host', [
            user,
        ]);
        return rows.map((row) => ({
            host: String(row['host']),
            username: String(row['username']),
            createdAt: new Date(Number(row['created_at'])).toISOString(),
        }));
    }

    /** @throws AppError `invalid-request` when the host is no host name */
    async put(user: string, host: string, credential: { username: string; password: string }): Promise<void> {
        const key = gitHost(host);
        const sealed = this.secrets.seal(credential.password, context(user, key));
        await this.database.query(
            `INSERT INTO git_credential (user, host, username, sealed, created_at) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (user, host) DO UPDATE SET username = excluded.username, sealed = excluded.sealed, created_at = excluded.created_at`,
            [user, key, credential.username, sealed, this.clock.now()],
        );
    }

    /** @throws AppError `not-found` */
    async delete(user: string, host: string): Promise<void> {
        const gone = await this.database.query('DELETE FROM git_credential WHERE user = ? AND host = ? RETURNING host', [
            user,
            gitHost(host),
        ]);
        if (gone.length === 0) {
            throw new AppError('not-found', `You have no credential for ${host}.`);
        }
    }

    /** Makes a new Ed25519 key in place of the old and answers with its public line. */
    async createSshKey(user: string, comment: string): Promise<string> {
        const pair = generateKeyPairSync('ed25519');
        const publicKey = encodeOpenSshPublicKey(pair.publicKey, comment);
        const sealed = this.secrets.seal(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, `ssh-key/${user}`);
        await this.database.query(
            `INSERT INTO ssh_key (user, public_key, sealed, created_at) VALUES (?, ?, ?, ?)
             ON CONFLICT (user) DO UPDATE SET public_key = excluded.public_key, sealed = excluded.sealed, created_at = excluded.created_at`,
            [user, publicKey, sealed, this.clock.now()],
        );
        return publicKey;
    }

    async sshPublicKey(user: string): Promise<string | undefined> {
        const [row] = await this.database.query('SELECT public_key FROM ssh_key WHERE user = ?', [user]);
        return row === undefined ? undefined : String(row['public_key']);
    }

    /** Signs with the person's key when it is the asked one; all in base64. */
    private async sshSign(
        user: string,
        { key, data }: { key: string; data: string },
    ): Promise<{ signature: string } | { refused: string }> {
        const [row] = await this.database.query('SELECT public_key, sealed FROM ssh_key WHERE user = ?', [user]);
        if (row === undefined || String(row['public_key']).split(' ')[1] !== key) {
            return { refused: 'This SSH key was replaced or removed. Try again.' };
        }
        const privateKey = createPrivateKey(this.secrets.unseal(row['sealed'] as Uint8Array, `ssh-key/${user}`));
        return { signature: sign(null, Buffer.from(data, 'base64'), privateKey).toString('base64') };
    }

    async deleteOfUser(user: string): Promise<void> {
        await this.database.transaction([
            { sql: 'DELETE FROM git_credential WHERE user = ?', parameters: [user] },
            { sql: 'DELETE FROM ssh_key WHERE user = ?', parameters: [user] },
        ]);
    }

    /** Answers workspaces in the name of their owner. */
    readonly provider: CredentialProvider = {
        git: (owner, request) => this.password(owner, request),
        sshKey: async (owner) => {
            const publicKey = await this.sshPublicKey(owner);
            return publicKey === undefined ? {} : { publicKey };
        },
        sshSign: (owner, request) => this.sshSign(owner, request),
    };

    private async password(
        owner: string,
        request: { protocol: string; host: string },
    ): Promise<{ username: string; password: string } | { refused: string }> {
        if (request.protocol !== 'https' && request.protocol !== 'http') {
            return { refused: `There are no credentials for the protocol ${request.protocol}.` };
        }
        const host = request.host.toLowerCase();
        const [row] = await this.database.query('SELECT username, sealed FROM git_credential WHERE user = ? AND host = ?', [owner, host]);
        if (row === undefined) {
            return { refused: `You have no credential for ${host}. Add one under Account in the portal.` };
        }
        const password = this.secrets.unseal(row['sealed'] as Uint8Array, context(owner, host)).toString();
        return { username: String(row['username']), password };
    }
}

const context = (user: string, host: string): string => `git-credential/${user}/${host}`;

function gitHost(given: string): string {
    const host = given.trim().toLowerCase();
    if (!HOST.test(host)) {
        throw new AppError('invalid-request', `"${given}" is not a host. Write it as in the git address, such as github.com.`, {
            pointer: '/host',
        });
    }
    return host;
}
