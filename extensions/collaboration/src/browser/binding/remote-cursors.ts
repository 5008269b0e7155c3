import type { CollabDocument } from '@tandem/collab-client';
import type { editor } from '@theia/monaco-editor-core';
import * as Y from 'yjs';
import { TEXT_NAME } from '../../common/shared-text';
import { colourOf, styleFor } from './person-style';
import { watchEditors } from './editors-of';
import type { TextBinding } from './text-binding';

/** What a client says of where it is; positions hold on to the text, not to numbers. */
interface Presence {
    readonly selections?: readonly { readonly anchor: unknown; readonly head: unknown }[];
}

/** Monaco's `TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges`. */
const NEVER_GROWS = 1;
const FLAG_SHOWN_MS = 1_000;

/** Shows carets and selections of the others in every editor of a text, and tells them of ours. */
export class RemoteCursors {
    private readonly model: editor.ITextModel;
    private readonly binding: TextBinding;
    private readonly collab: CollabDocument;
    private readonly subscriptions: { dispose(): void }[] = [];
    private decorations: string[] = [];
    /** When somebody's caret last moved: the name is shown for a moment. */
    private readonly moved = new Map<number, { at: number; where: string }>();
    private timer: ReturnType<typeof setTimeout> | undefined;
    private disposed = false;

    constructor(model: editor.ITextModel, binding: TextBinding, collab: CollabDocument) {
        this.model = model;
        this.binding = binding;
        this.collab = collab;
        this.subscriptions.push(
            watchEditors((candidate) => this.watch(candidate)),
            collab.onDidChangeRoster(() => this.render()),
        );
        collab.awareness.on('change', this.handlePresence);
    }

    dispose(): void {
        this.disposed = true;
        clearTimeout(this.timer);
        this.subscriptions.forEach((subscription) => subscription.dispose());
        this.collab.awareness.off('change', this.handlePresence);
        if (!this.model.isDisposed()) {
            this.decorations = this.model.deltaDecorations(this.decorations, []);
        }
    }

    private watch(candidate: editor.ICodeEditor): void {
        const publish = (): void => {
            if (candidate.getModel() === this.model && candidate.hasTextFocus()) {
                this.publish(candidate);
            }
        };
        const subscriptions = [candidate.onDidChangeCursorSelection(publish), candidate.onDidFocusEditorText(publish)];
        candidate.onDidDispose(() => subscriptions.forEach((subscription) => subscription.dispose()));
        this.subscriptions.push(...subscriptions);
        publish();
    }

    private publish(candidate: editor.ICodeEditor): void {
        const text = this.collab.doc.getText(TEXT_NAME);
        const relative = (lineNumber: number, column: number): unknown =>
            Y.relativePositionToJSON(
                // Holds on to the character before, so that a text inserted at the caret comes after it.
                Y.createRelativePositionFromTypeIndex(text, this.binding.offsetAt({ lineNumber, column }), -1),
            );
        this.collab.awareness.setLocalStateField(
            'selections',
            (candidate.getSelections() ?? []).map((selection) => ({
                anchor: relative(selection.selectionStartLineNumber, selection.selectionStartColumn),
                head: relative(selection.positionLineNumber, selection.positionColumn),
            })),
        );
    }

    private readonly handlePresence = (): void => this.render();

    private render(): void {
        if (this.disposed || this.model.isDisposed()) {
            return;
        }
        const names = new Map(this.collab.roster.map((member) => [member.clientId, member]));
        const now = Date.now();
        const shown: editor.IModelDeltaDecoration[] = [];
        let nextFade: number | undefined;
        for (const [clientId, state] of this.collab.awareness.getStates() as Map<number, Presence>) {
            const member = names.get(clientId);
            if (clientId === this.collab.doc.clientID || member === undefined) {
                continue;
            }
            const key = styleFor(member.subject, member.name ?? member.subject, colourOf(member.subject));
            const places = (state.selections ?? []).flatMap((selection) => this.resolve(selection));
            const where = JSON.stringify(state.selections ?? []);
            if (this.moved.get(clientId)?.where !== where) {
                this.moved.set(clientId, { at: now, where });
            }
            const since = now - (this.moved.get(clientId)?.at ?? 0);
            const flag = since < FLAG_SHOWN_MS;
            if (flag) {
                nextFade = Math.min(nextFade ?? FLAG_SHOWN_MS, FLAG_SHOWN_MS - since);
            }
            for (const { anchor, head } of places) {
                shown.push(...this.decorate(anchor, head, key, flag));
            }
        }
        this.decorations = this.model.deltaDecorations(this.decorations, shown);
        clearTimeout(this.timer);
        if (nextFade !== undefined) {
            this.timer = setTimeout(() => this.render(), nextFade + 20);
        }
    }

    private resolve({ anchor, head }: { anchor: unknown; head: unknown }): { anchor: number; head: number }[] {
        const absolute = (json: unknown): number | undefined => {
            try {
                const position = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), this.collab.doc);
                return position?.index;
            } catch {
                // Somebody else's client may send anything.
                return undefined;
            }
        };
        const start = absolute(anchor);
        const end = absolute(head);
        return start === undefined || end === undefined ? [] : [{ anchor: start, head: end }];
    }

    private decorate(anchor: number, head: number, key: string, flag: boolean): editor.IModelDeltaDecoration[] {
        const start = this.binding.positionAt(Math.min(anchor, head));
        const end = this.binding.positionAt(Math.max(anchor, head));
        const caret = head < anchor ? start : end;
        const at = {
            startLineNumber: caret.lineNumber,
            startColumn: caret.column,
            endLineNumber: caret.lineNumber,
            endColumn: caret.column,
        };
        const result: editor.IModelDeltaDecoration[] = [
            {
                range: at,
                options: {
                    stickiness: NEVER_GROWS,
                    beforeContentClassName: `tandem-caret tandem-caret-${key}`,
                    zIndex: 10,
                },
            },
        ];
        if (flag) {
            const column = this.model.getLineMaxColumn(caret.lineNumber);
            result.push({
                // Behind the line, where it covers no code.
                range: { startLineNumber: caret.lineNumber, startColumn: column, endLineNumber: caret.lineNumber, endColumn: column },
                options: { stickiness: NEVER_GROWS, afterContentClassName: `tandem-flag tandem-flag-${key}` },
            });
        }
        if (anchor !== head) {
            result.push({
                range: {
                    startLineNumber: start.lineNumber,
                    startColumn: start.column,
                    endLineNumber: end.lineNumber,
                    endColumn: end.column,
                },
                options: { stickiness: NEVER_GROWS, className: `tandem-selection tandem-selection-${key}` },
            });
        }
        return result;
    }
}
