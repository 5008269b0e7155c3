import type { ControllerMessage, Workspace, WorkspaceMessage } from '@tandem/protocol';
import type { Endpoint } from './runtime/workspace-runtime.ts';

/**
 * What the reconcilers' side tells the HTTP and gateway side, and the other way round. Implemented in
 * `reconcile/workspace-directory.ts`, used by the gateway for every connection, so lookups are in memory.
 */
export interface WorkspaceDirectory {
    /** By host label; only claimed workspaces. */
    byName(name: string): WorkspaceEntry | undefined;
    byUid(uid: string): WorkspaceEntry | undefined;
    /** Asks for a running workspace and resolves when it answers. @throws AppError `not-found`, `workspace-not-running` with the reason */
    whenRunning(name: string, options: { timeoutMs: number; signal?: AbortSignal }): Promise<WorkspaceEntry>;
    /** Sends over the control socket; false when there is none right now. */
    send(uid: string, message: ControllerMessage): boolean;
}

export interface WorkspaceEntry {
    workspace: Workspace;
    /** Absent while it is not running and activated. */
    endpoint: Endpoint | undefined;
    generation: number;
}

/** Answers a workspace's questions for its owner's credentials. Implemented by the auth side. */
export interface CredentialProvider {
    git(
        owner: string,
        request: Extract<WorkspaceMessage, { type: 'credential-request' }>,
    ): Promise<{ username: string; password: string } | { refused: string }>;
    /** The public line of the owner's SSH key; nothing in it when there is none. */
    sshKey(owner: string): Promise<{ publicKey?: string }>;
    /** Signs with the owner's SSH key; key, data and signature in base64. */
    sshSign(owner: string, request: { key: string; data: string }): Promise<{ signature: string } | { refused: string }>;
}

/** Mints the identity token of role `controller` that opens a control socket. Implemented by the auth side. */
export type ControlTokenMinter = (workspaceUid: string) => Promise<string>;

/** Mints the token that opens the collaboration server for the peer inside a workspace. Implemented by the auth side. */
export type PeerTokenMinter = (workspace: { uid: string; name: string }) => Promise<string>;
