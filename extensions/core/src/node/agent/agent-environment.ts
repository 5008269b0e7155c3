import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import path from 'node:path';
import { PROJECT_DIRECTORY } from '@tandem/protocol';

/** What the workspace's backend is told at its start. */
export interface AgentEnvironment {
    /** Absent: started by hand for development, without a controller. */
    workspaceUid: string | undefined;
    bootId: string;
    requireIdentity: boolean;
    issuer: string;
    /** Public keys that sign identity tokens, as JSON. */
    jwks: string;
    home: string;
    project: string;
    /** The agent's own files on the volume. */
    stateFolder: string;
    /** Where git asks for credentials. */
    credentialSocket: string;
    /** Where SSH asks for signatures. */
    sshAgentSocket: string;
}

/** Variables that are for the backend alone; terminals and tasks do not inherit them. */
const PRIVATE = ['TANDEM_JWKS', 'TANDEM_ISSUER', 'TANDEM_REQUIRE_IDENTITY', 'TANDEM_BOOT_ID', 'TANDEM_IDE_SOCKET'];

/** @param environment of the process */
export function readAgentEnvironment(environment: NodeJS.ProcessEnv): AgentEnvironment {
    const home = environment['HOME'] ?? homedir();
    const stateFolder = path.join(home, '.tandem');
    const socket = environment['TANDEM_IDE_SOCKET'];
    const socketFolder = socket ? path.dirname(socket) : stateFolder;
    return {
        workspaceUid: environment['TANDEM_WORKSPACE_UID'],
        bootId: environment['TANDEM_BOOT_ID'] ?? randomUUID(),
        requireIdentity: environment['TANDEM_REQUIRE_IDENTITY'] === '1',
        issuer: environment['TANDEM_ISSUER'] ?? '',
        jwks: environment['TANDEM_JWKS'] ?? '{"keys":[]}',
        home,
        project: path.join(home, PROJECT_DIRECTORY),
        stateFolder,
        credentialSocket: path.join(socketFolder, 'git.sock'),
        sshAgentSocket: path.join(socketFolder, 'ssh.sock'),
    };
}

/** Takes out of the process's environment what terminals must not see; to be called when the server listens. */
export function hidePrivateEnvironment(environment: NodeJS.ProcessEnv): void {
    for (const name of PRIVATE) {
        delete environment[name];
    }
}

/** Sets the activation's environment for terminals, tasks and plugin hosts that start from now on. */
export function applyEnvironment(environment: NodeJS.ProcessEnv, added: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(added)) {
        if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !name.startsWith('TANDEM_') && name !== 'HOME') {
            environment[name] = value;
        }
    }
}
