import { OWNER_GRANT, type Revocation } from '@tandem/protocol';
import type { Disposable } from '@tandem/server-kit';
import type { WorkspaceAccess } from '../auth/workspace-access.ts';

/** A connection that the gateway holds open for a person. */
export interface LiveConnection {
    readonly kind: 'websocket' | 'collab' | 'request';
    readonly access: WorkspaceAccess;
    /** Cookie value it was let in with. */
    readonly handle: string;
    /** Host header. */
    readonly host: string;
    /** Ends it: with this close code on a WebSocket, by breaking the stream on a request. */
    cut(ending: Ending): void;
}

export interface Ending {
    code: number;
    reason: string;
}

type IndexKey = `${'session' | 'grant' | 'user' | 'workspace' | 'handle'}:${string}`;

/** Every open connection, found by what can be revoked. */
export class LiveConnections {
    private readonly index = new Map<IndexKey, Set<LiveConnection>>();
    private readonly all = new Set<LiveConnection>();

    get size(): number {
        return this.all.size;
    }

    count(kind: LiveConnection['kind']): number {
        let count = 0;
        for (const connection of this.all) {
            count += connection.kind === kind ? 1 : 0;
        }
        return count;
    }

    add(connection: LiveConnection): Disposable {
        const keys = keysOf(connection);
        this.all.add(connection);
        for (const key of keys) {
            const set = this.index.get(key);
            if (set) {
                set.add(connection);
            } else {
                this.index.set(key, new Set([connection]));
            }
        }
        return {
            dispose: () => {
                if (!this.all.delete(connection)) {
                    return;
                }
                for (const key of keys) {
                    const set = this.index.get(key);
                    set?.delete(connection);
                    if (set?.size === 0) {
                        this.index.delete(key);
                    }
                }
            },
        };
    }

    /** What a revocation ends. A token's end ends no connection: none is opened with one. */
    affectedBy(revocation: Pick<Revocation, 'kind' | 'id'>): LiveConnection[] {
        return revocation.kind === 'token' ? [] : [...(this.index.get(`${revocation.kind}:${revocation.id}`) ?? [])];
    }

    /** What one browser has open with one cookie of one host. */
    ofHandle(handle: string, host: string): LiveConnection[] {
        return [...(this.index.get(`handle:${handle}`) ?? [])].filter((connection) => connection.host === host);
    }

    /** Whether anything of a workspace is open, by its name. */
    ofWorkspace(name: string): LiveConnection[] {
        return [...(this.index.get(`workspace:${name}`) ?? [])];
    }

    [Symbol.iterator](): Iterator<LiveConnection> {
        return [...this.all][Symbol.iterator]();
    }
}

function keysOf({ access, handle }: LiveConnection): IndexKey[] {
    const keys: IndexKey[] = [
        `session:${access.sessionId}`,
        `user:${access.user.name}`,
        `workspace:${access.workspace.name}`,
        `handle:${handle}`,
    ];
    // All owners share this id: it is no grant that could be revoked.
    if (access.grantId !== OWNER_GRANT) {
        keys.push(`grant:${access.grantId}`);
    }
    return keys;
}
