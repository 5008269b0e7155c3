import type { editor } from '@theia/monaco-editor-core';
import { editorsOf } from './editors-of';
import type { Replacement, TextBinding } from './text-binding';

interface Kept {
    readonly editor: editor.ICodeEditor;
    readonly selections: readonly { readonly anchor: number; readonly head: number }[];
}

/**
 * Keeps carets where they are in the text when others edit. Monaco moves them along, but a text that somebody inserts exactly
 * at a caret would push it away, in front of what its person types next.
 */
export class CaretKeeper {
    private readonly model: editor.ITextModel;
    private kept: Kept[] = [];

    constructor(model: editor.ITextModel) {
        this.model = model;
    }

    note(binding: TextBinding, replacements: readonly Replacement[]): void {
        this.kept = [];
        for (const editor of editorsOf(this.model)) {
            const selections = (editor.getSelections() ?? []).map((selection) => ({
                anchor: binding.offsetAt({ lineNumber: selection.selectionStartLineNumber, column: selection.selectionStartColumn }),
                head: binding.offsetAt({ lineNumber: selection.positionLineNumber, column: selection.positionColumn }),
            }));
            const touches = selections.some(({ anchor, head }) =>
                replacements.some(({ offset, length }) => within(anchor, offset, length) || within(head, offset, length)),
            );
            if (touches) {
                this.kept.push({ editor, selections });
            }
        }
    }

    restore(binding: TextBinding, replacements: readonly Replacement[]): void {
        for (const { editor, selections } of this.kept) {
            editor.setSelections(
                selections.map(({ anchor, head }) => {
                    const start = binding.positionAt(moved(anchor, replacements));
                    const end = binding.positionAt(moved(head, replacements));
                    return {
                        selectionStartLineNumber: start.lineNumber,
                        selectionStartColumn: start.column,
                        positionLineNumber: end.lineNumber,
                        positionColumn: end.column,
                    };
                }),
                'tandem.keepCaret',
            );
        }
        this.kept = [];
    }
}

const within = (at: number, offset: number, length: number): boolean => at >= offset && at <= offset + length;

/** Where an offset is after the replacements; a text inserted exactly there comes after it. */
export function moved(at: number, replacements: readonly Replacement[]): number {
    let shift = 0;
    for (const { offset, length, text } of replacements) {
        if (offset >= at) {
            break;
        }
        if (offset + length > at) {
            return offset + shift;
        }
        shift += text.length - length;
    }
    return at + shift;
}
