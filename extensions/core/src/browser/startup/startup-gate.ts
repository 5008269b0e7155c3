import { FrontendApplicationStateService } from '@theia/core/lib/browser/frontend-application-state';
import { inject, injectable, postConstruct } from '@theia/core/shared/inversify';
import { EditorManager } from '@theia/editor/lib/browser/editor-manager';

/** Work that can wait begins when nothing was clicked or typed for this long, */
const QUIET_MS = 700;
/** for this long when the first editor is there and what is clicked or typed is probably in it, */
const QUIET_AFTER_EDITOR_MS = 250;
/** and, however busy the person is, this long after the shell is there. */
const AT_MOST_MS = 4_000;
/** Work that nobody waits for begins this long after the gate has opened. */
const SETTLE_MS = 2_500;

/**
 * Says when work that can wait may begin: in the first pause after the first editor, or, when none is opened, in the first longer
 * pause. Loading extensions keeps the page busy for a second, and a click or key in that second would be answered late.
 */
@injectable()
export class StartupGate {
    @inject(EditorManager) protected readonly editors: EditorManager;
    @inject(FrontendApplicationStateService) protected readonly state: FrontendApplicationStateService;

    private resolveOpened!: () => void;
    private resolveSettled!: () => void;
    private timer: ReturnType<typeof setTimeout> | undefined;

    /** Extensions may be loaded. */
    readonly opened = new Promise<void>((resolve) => (this.resolveOpened = resolve));
    /** What nobody waits for may be computed. */
    readonly settled = new Promise<void>((resolve) => (this.resolveSettled = resolve));

    @postConstruct()
    protected init(): void {
        void this.opened.then(() => setTimeout(() => requestIdleCallback(() => this.resolveSettled(), { timeout: 2_000 }), SETTLE_MS));
        void this.state.reachedState('ready').then(() => this.waitForQuiet());
        // A tab in the background gets no animation frames.
        document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && this.resolveOpened());
    }

    private waitForQuiet(): void {
        let quietMs = this.editors.all.length > 0 ? QUIET_AFTER_EDITOR_MS : QUIET_MS;
        const restart = (): void => {
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.resolveOpened(), quietMs);
        };
        const created = this.editors.onCreated(() => {
            created.dispose();
            quietMs = QUIET_AFTER_EDITOR_MS;
            // Two frames: the first has the editor's own layout, the second is on the screen.
            requestAnimationFrame(() => requestAnimationFrame(restart));
        });
        const events = ['pointerdown', 'keydown'] as const;
        events.forEach((event) => window.addEventListener(event, restart, { capture: true, passive: true }));
        const deadline = setTimeout(() => this.resolveOpened(), AT_MOST_MS);
        void this.opened.then(() => {
            created.dispose();
            clearTimeout(this.timer);
            clearTimeout(deadline);
            events.forEach((event) => window.removeEventListener(event, restart, { capture: true }));
        });
        restart();
    }
}
