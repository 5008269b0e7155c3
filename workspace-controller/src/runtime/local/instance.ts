import type { ChildProcess } from 'node:child_process';
import type { Boot, InstanceState } from '../workspace-runtime.ts';
import type { InstanceRecord } from './instance-record.ts';

/** What this controller knows of one workspace. */
export class Instance {
    record: InstanceRecord;
    phase: 'stopped' | 'starting' | 'started' | 'crashed';
    /** Absent when an earlier controller started it. */
    child: ChildProcess | undefined;
    private readonly socketPath: string;
    private logTail = '';

    constructor(record: InstanceRecord, socketPath: string) {
        this.record = record;
        this.socketPath = socketPath;
        this.phase = record.exit === undefined ? 'stopped' : 'crashed';
    }

    get boot(): Boot | undefined {
        const { boot, osUid } = this.record;
        if (boot === undefined || (this.phase !== 'starting' && this.phase !== 'started')) {
            return undefined;
        }
        const user = osUid === undefined ? '' : ` as user ${osUid}`;
        return { bootId: boot.bootId, endpoint: { socketPath: this.socketPath }, describe: `process ${boot.pid ?? 'unknown'}${user}` };
    }

    state(): InstanceState {
        const { boot } = this;
        if (boot !== undefined) {
            return { phase: this.phase as 'starting' | 'started', boot };
        }
        return this.record.exit === undefined ? { phase: 'stopped' } : { phase: 'crashed', exit: this.record.exit, logTail: this.logTail };
    }

    /** @param exit how it ended; absent when that was asked for */
    end(exit: string | undefined, logTail: string): void {
        this.child = undefined;
        this.phase = exit === undefined ? 'stopped' : 'crashed';
        this.logTail = logTail;
        this.record = { ...this.record, boot: undefined, exit };
    }
}
