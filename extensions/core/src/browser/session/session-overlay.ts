import type { SessionMessage } from '../../common/session-message';

/** Covers the workbench with one sentence and one button. */
export class SessionOverlay {
    private element: HTMLElement | undefined;

    /** @param act what the button does; it shows that it is at work until the promise is done. */
    show(message: SessionMessage, act: () => Promise<void>): void {
        this.hide();
        const element = document.createElement('div');
        element.className = 'tandem-session-overlay';
        element.setAttribute('role', 'alertdialog');
        element.setAttribute('aria-modal', 'true');
        element.setAttribute('aria-labelledby', 'tandem-session-title');
        element.setAttribute('aria-describedby', 'tandem-session-text');

        const card = element.appendChild(document.createElement('div'));
        card.className = 'tandem-session-card';
        const title = card.appendChild(document.createElement('h2'));
        title.id = 'tandem-session-title';
        title.textContent = message.title;
        const text = card.appendChild(document.createElement('p'));
        text.id = 'tandem-session-text';
        text.textContent = message.text;
        const button = card.appendChild(document.createElement('button'));
        button.className = 'theia-button main';
        button.textContent = message.action;
        button.addEventListener('click', () => {
            button.disabled = true;
            void act().finally(() => (button.disabled = false));
        });
        // Keys must not reach the editor behind.
        element.addEventListener('keydown', (event) => event.stopPropagation());

        document.body.appendChild(element);
        this.element = element;
        button.focus();
    }

    hide(): void {
        this.element?.remove();
        this.element = undefined;
    }

    get visible(): boolean {
        return this.element !== undefined;
    }
}
