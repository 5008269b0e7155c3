import type { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { inject, injectable } from '@theia/core/shared/inversify';
import { DebugSessionManager } from '@theia/debug/lib/browser/debug-session-manager';
import { leaveRunning } from './leave-running';

/** A program that a debugger attached to runs on when debugging is stopped: whoever started it ends it. Theia kills it. */
@injectable()
export class AttachedPrograms implements FrontendApplicationContribution {
    @inject(DebugSessionManager) protected readonly sessions: DebugSessionManager;

    onStart(): void {
        this.sessions.onDidCreateDebugSession((session) => {
            if (session.configuration.request === 'attach') {
                leaveRunning(session);
            }
        });
    }
}
