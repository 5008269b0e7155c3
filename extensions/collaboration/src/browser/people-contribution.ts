import { PORTAL_PAGES, RESERVED_PATH, type WorkspaceSessionState } from '@tandem/protocol';
import { StartupGate } from '@tandem/core-extension/lib/browser/startup/startup-gate';
import type { FrontendApplicationContribution } from '@theia/core/lib/browser/frontend-application-contribution';
import { LabelProvider } from '@theia/core/lib/browser/label-provider';
import { QuickInputService, type QuickPickItem } from '@theia/core/lib/browser/quick-input/quick-input-service';
import { StatusBar, StatusBarAlignment } from '@theia/core/lib/browser/status-bar/status-bar-types';
import { WindowService } from '@theia/core/lib/browser/window/window-service';
import type { Command, CommandContribution, CommandRegistry } from '@theia/core/lib/common/command';
import { MessageService } from '@theia/core/lib/common/message-service';
import { nls } from '@theia/core/lib/common/nls';
import URI from '@theia/core/lib/common/uri';
import { inject, injectable } from '@theia/core/shared/inversify';
import { EditorManager } from '@theia/editor/lib/browser/editor-manager';
import type { EditorWidget } from '@theia/editor/lib/browser/editor-widget';
import { SharedDocumentsServer } from '../common/shared-documents-protocol';
import type { PersonHere, WorkspacePresence } from './binding/workspace-presence';
import { SharedDocuments } from './shared-documents';

const STATUS_ITEM = 'tandem-people';

export const SHARE: Command = {
    id: 'tandem.share',
    category: 'Tandem',
    label: nls.localize('tandem/collaboration/share', 'Share This Workspace...'),
};
export const PEOPLE: Command = {
    id: 'tandem.people',
    category: 'Tandem',
    label: nls.localize('tandem/collaboration/people', 'People in This Workspace...'),
};

interface Row extends QuickPickItem {
    readonly person?: PersonHere;
}

/** Says in the status bar who else is here; leads to them, and to the portal's page that lets somebody in. */
@injectable()
export class PeopleContribution implements FrontendApplicationContribution, CommandContribution {
    @inject(SharedDocuments) protected readonly documents: SharedDocuments;
    @inject(SharedDocumentsServer) protected readonly server: SharedDocumentsServer;
    @inject(StartupGate) protected readonly gate: StartupGate;
    @inject(StatusBar) protected readonly statusBar: StatusBar;
    @inject(QuickInputService) protected readonly quickInput: QuickInputService;
    @inject(EditorManager) protected readonly editors: EditorManager;
    @inject(LabelProvider) protected readonly labels: LabelProvider;
    @inject(WindowService) protected readonly windows: WindowService;
    @inject(MessageService) protected readonly messages: MessageService;

    protected presence: WorkspacePresence | undefined;

    registerCommands(commands: CommandRegistry): void {
        commands.registerCommand(SHARE, { execute: () => this.share() });
        commands.registerCommand(PEOPLE, { execute: () => this.choose() });
    }

    onStart(): void {
        // Nobody waits for it, and it loads what sharing needs.
        void this.gate.settled.then(() => this.enter()).catch((error: unknown) => console.warn('Who else is here is not known.', error));
    }

    protected async enter(): Promise<void> {
        const described = await this.server.describe();
        if (described === undefined) {
            return;
        }
        this.presence = (await this.documents.startSession()).enter(described.workspaceUid);
        this.presence.onDidChange(() => this.show());
        let listening: { dispose(): void } | undefined;
        const follow = (widget: EditorWidget | undefined): void => {
            listening?.dispose();
            listening = widget?.editor.onCursorPositionChanged(() => this.publish(widget));
            this.publish(widget);
        };
        this.editors.onCurrentEditorChanged(follow);
        follow(this.editors.currentEditor);
        this.show();
    }

    protected publish(widget: EditorWidget | undefined): void {
        const uri = widget?.editor.uri;
        this.presence?.setPlace(uri?.scheme === 'file' ? { uri: uri.toString(), line: widget!.editor.cursor.line + 1 } : undefined);
    }

    protected show(): void {
        const people = this.presence?.others ?? [];
        const names = [...new Set(people.map(({ name }) => name))];
        void this.statusBar.setElement(STATUS_ITEM, {
            text:
                names.length === 0
                    ? `$(person-add) ${nls.localize('tandem/collaboration/shareShort', 'Share')}`
                    : `$(organization) ${names.join(', ')}`,
            tooltip:
                names.length === 0
                    ? nls.localize('tandem/collaboration/alone', 'You are alone in this workspace. Select to let somebody in.')
                    : nls.localize('tandem/collaboration/here', 'Also in this workspace: {0}', names.join(', ')),
            alignment: StatusBarAlignment.LEFT,
            priority: -10,
            command: names.length === 0 ? SHARE.id : PEOPLE.id,
            accessibilityInformation: {
                label:
                    names.length === 0
                        ? nls.localize('tandem/collaboration/shareShort', 'Share')
                        : nls.localize('tandem/collaboration/here', 'Also in this workspace: {0}', names.join(', ')),
            },
        });
    }

    protected async choose(): Promise<void> {
        const share: Row = { label: `$(person-add) ${SHARE.label!}` };
        const rows = (this.presence?.others ?? []).map((person): Row => {
            const uri = person.place && new URI(person.place.uri);
            return {
                label: person.name,
                description: uri
                    ? `${this.labels.getName(uri)}:${person.place!.line}`
                    : nls.localize('tandem/collaboration/noFile', 'in no file'),
                person,
            };
        });
        const chosen = await this.quickInput.showQuickPick<Row>([...rows, share], {
            placeholder: nls.localize('tandem/collaboration/goTo', 'Select a person to go where they are'),
        });
        if (chosen === share) {
            await this.share();
        } else if (chosen?.person) {
            await this.goTo(chosen.person.clientId);
        }
    }

    protected async goTo(clientId: number): Promise<void> {
        const place = this.presence?.others.find((person) => person.clientId === clientId)?.place;
        if (place) {
            const start = { line: place.line - 1, character: 0 };
            await this.editors.open(new URI(place.uri), { mode: 'activate', selection: { start, end: start } });
        }
    }

    /** Letting somebody in is confirmed on the portal's own page, which code in the workspace cannot reach. */
    protected async share(): Promise<void> {
        try {
            const answer = await fetch(`${RESERVED_PATH}session`);
            const { portalUrl, workspace } = (await answer.json()) as WorkspaceSessionState;
            if (workspace === undefined) {
                throw new Error('signed out');
            }
            this.windows.openNewWindow(`${portalUrl}${PORTAL_PAGES.workspace}${encodeURIComponent(workspace.name)}?share=1`, {
                external: true,
            });
        } catch {
            void this.messages.error(
                nls.localize('tandem/collaboration/noPortal', 'The portal cannot be reached right now. Try again in a moment.'),
            );
        }
    }
}
