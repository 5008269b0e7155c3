import { ApplicationShell, type FrontendApplicationContribution } from '@theia/core/lib/browser';
import { inject, injectable } from '@theia/core/shared/inversify';
import type { WorkspaceSessionState } from '@tandem/protocol';
import { RESTARTED, sessionMessage, type SessionMessage } from '../../common/session-message';
import { ReliableConnectionSource } from '../connection/reliable-connection-source';
import { SessionOverlay } from './session-overlay';
import { UnsavedText } from './unsaved-text';

/** Answered by the gateway; see `WorkspaceSessionState` in the protocol. `probe` makes it try the backend. */
const SESSION_PATH = '/.tandem/session?probe=1';
/** A line that drops comes back within this in most cases; asking earlier would only add noise. */
const ASK_AFTER_MS = 2_000;
const ASK_AGAIN_MS = 3_000;
const SAVE_TIMEOUT_MS = 5_000;

/** Finds out why the connection is gone and says it; one click leads back to the same place. */
@injectable()
export class SessionGuard implements FrontendApplicationContribution {
    @inject(ReliableConnectionSource) protected readonly connection: ReliableConnectionSource;
    @inject(ApplicationShell) protected readonly shell: ApplicationShell;
    @inject(UnsavedText) protected readonly unsaved: UnsavedText;

    protected readonly overlay = new SessionOverlay();
    protected timer: ReturnType<typeof setTimeout> | undefined;
    protected restarted = false;

    initialize(): void {
        this.connection.onSocketDidClose(() => this.askIn(ASK_AFTER_MS));
        this.connection.onDidFailToConnect(() => this.askIn(ASK_AFTER_MS));
        this.connection.onSocketDidOpen(() => {
            clearTimeout(this.timer);
            this.timer = undefined;
            if (!this.restarted) {
                this.overlay.hide();
            }
        });
        this.connection.onDidLoseBackend(() => {
            this.restarted = true;
            this.show(RESTARTED);
        });
    }

    protected askIn(delayMs: number): void {
        this.timer ??= setTimeout(() => {
            this.timer = undefined;
            void this.ask();
        }, delayMs);
    }

    protected async ask(): Promise<void> {
        const session = await this.fetchSession();
        const message = session && sessionMessage(session);
        if (message) {
            this.show(message);
        } else if (session) {
            this.overlay.hide();
            this.connection.reconnectNow();
        }
        if (!this.connection.socket.connected && (!message || message.waits)) {
            this.askIn(ASK_AGAIN_MS);
        }
    }

    /** @returns `undefined` when nobody answers or no gateway is in front. */
    protected async fetchSession(): Promise<WorkspaceSessionState | undefined> {
        try {
            const response = await fetch(SESSION_PATH, { cache: 'no-store', headers: { Accept: 'application/json' } });
            const isJson = response.headers.get('Content-Type')?.includes('json');
            return response.ok && isJson ? ((await response.json()) as WorkspaceSessionState) : undefined;
        } catch {
            return undefined;
        }
    }

    protected show(message: SessionMessage): void {
        this.unsaved.keep();
        this.overlay.show(message, () => this.leave(message));
    }

    protected async leave(message: SessionMessage): Promise<void> {
        if (this.connection.socket.connected) {
            const timeout = new Promise<void>((resolve) => setTimeout(resolve, SAVE_TIMEOUT_MS));
            await Promise.race([this.shell.saveAll().catch(() => undefined), timeout]);
        }
        this.unsaved.leaveWithoutQuestion();
        if (message.target === 'reload') {
            window.location.reload();
        } else {
            window.location.assign(message.target);
        }
    }
}
