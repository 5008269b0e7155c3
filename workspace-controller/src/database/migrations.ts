/** One step of the platform database's schema. Numbered, forward only, readable by the previous release. */
export interface Migration {
    version: number;
    sql: string;
}

/* Times are milliseconds since the epoch; tokens are kept only as SHA-256 (hex); `sealed` columns are AES-256-GCM. */
export const PLATFORM_MIGRATIONS: readonly Migration[] = [
    {
        version: 1,
        sql: `
            CREATE TABLE setting (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
            CREATE TABLE session (
                id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL UNIQUE, user TEXT NOT NULL, kind TEXT NOT NULL, method TEXT NOT NULL,
                token_id TEXT, created_at INTEGER NOT NULL, last_seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                user_agent TEXT NOT NULL, address TEXT NOT NULL
            ) STRICT;
            CREATE INDEX session_user ON session (user);
            CREATE TABLE one_time (
                token_hash TEXT PRIMARY KEY, purpose TEXT NOT NULL, payload TEXT NOT NULL, expires_at INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX one_time_expiry ON one_time (expires_at);
            CREATE TABLE password (user TEXT PRIMARY KEY, hash TEXT NOT NULL, changed_at INTEGER NOT NULL) STRICT;
            CREATE TABLE passkey (
                id TEXT PRIMARY KEY, user TEXT NOT NULL, public_key BLOB NOT NULL, counter INTEGER NOT NULL, transports TEXT NOT NULL,
                created_at INTEGER NOT NULL, last_used_at INTEGER
            ) STRICT;
            CREATE INDEX passkey_user ON passkey (user);
            CREATE TABLE external_identity (
                provider TEXT NOT NULL, subject TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (provider, subject)
            ) STRICT;
            CREATE TABLE invitation (
                id TEXT PRIMARY KEY, token_hash TEXT NOT NULL UNIQUE, email TEXT NOT NULL, display_name TEXT NOT NULL, admin INTEGER NOT NULL,
                team TEXT, role TEXT, invited_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE api_token (
                id TEXT PRIMARY KEY, secret_hash TEXT NOT NULL, user TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL,
                created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, last_used_at INTEGER
            ) STRICT;
            CREATE TABLE git_credential (
                user TEXT NOT NULL, host TEXT NOT NULL, username TEXT NOT NULL, sealed BLOB NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (user, host)
            ) STRICT;
            CREATE TABLE ssh_key (user TEXT PRIMARY KEY, public_key TEXT NOT NULL, sealed BLOB NOT NULL, created_at INTEGER NOT NULL) STRICT;
            CREATE TABLE signing_key (
                id TEXT PRIMARY KEY, public_jwk TEXT NOT NULL, sealed BLOB NOT NULL, created_at INTEGER NOT NULL, retired_at INTEGER
            ) STRICT;
            CREATE TABLE workspace_handle (
                handle_hash TEXT PRIMARY KEY, session_id TEXT NOT NULL, user TEXT NOT NULL, grant_id TEXT NOT NULL,
                workspace_uid TEXT NOT NULL, workspace_name TEXT NOT NULL, expires_at INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE revocation (
                sequence INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL, expired INTEGER NOT NULL,
                reason TEXT NOT NULL, at TEXT NOT NULL
            ) STRICT;
            CREATE TABLE idempotency (
                caller TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER, sealed BLOB, created_at INTEGER NOT NULL,
                PRIMARY KEY (caller, key)
            ) STRICT;
        `,
    },
    {
        version: 2,
        sql: `ALTER TABLE passkey ADD COLUMN name TEXT NOT NULL DEFAULT 'Passkey'`,
    },
];
