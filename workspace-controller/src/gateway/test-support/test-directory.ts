import { randomUUID } from 'node:crypto';
import { RESOURCE_API_VERSION, type Workspace } from '@tandem/protocol';
import { AppError } from '@tandem/server-kit';
import type { WorkspaceDirectory, WorkspaceEntry } from '../../events.ts';
import type { Endpoint } from '../../runtime/workspace-runtime.ts';

/** Workspaces in memory; waking one runs what the test gives. */
export class TestDirectory implements WorkspaceDirectory {
    readonly entries = new Map<string, WorkspaceEntry>();
    onWake: (name: string) => void | Promise<void> = () => undefined;
    wakes: string[] = [];

    add(name: string, endpoint: Endpoint | undefined, status: Partial<Workspace['status']> = {}): WorkspaceEntry {
        const entry = { workspace: testWorkspace(name, status), endpoint, generation: 1 };
        this.entries.set(name, entry);
        return entry;
    }

    byName(name: string): WorkspaceEntry | undefined {
        return this.entries.get(name);
    }

    byUid(uid: string): WorkspaceEntry | undefined {
        return [...this.entries.values()].find((entry) => entry.workspace.metadata.uid === uid);
    }

    async whenRunning(name: string): Promise<WorkspaceEntry> {
        this.wakes.push(name);
        await this.onWake(name);
        const entry = this.entries.get(name);
        if (entry?.endpoint === undefined) {
            throw new AppError('workspace-not-running', 'It did not start.');
        }
        return entry;
    }

    send(): boolean {
        return false;
    }
}

export function testWorkspace(name: string, status: Partial<Workspace['status']> = {}): Workspace {
    return {
        apiVersion: RESOURCE_API_VERSION,
        kind: 'Workspace',
        metadata: {
            namespace: 'team-home',
            name,
            uid: randomUUID(),
            resourceVersion: '1',
            generation: 1,
            labels: {},
            annotations: {},
            finalizers: [],
            createdAt: '2026-01-01T00:00:00Z',
        },
        spec: {
            owner: 'ada',
            displayName: `The ${name}`,
            templateRef: 'default',
            operatingMode: status.state === 'hibernated' ? 'Hibernated' : 'Running',
        },
        status: { observedGeneration: 1, state: 'running', stages: [], prepared: true, restarts: 0, conditions: [], ...status },
    };
}
