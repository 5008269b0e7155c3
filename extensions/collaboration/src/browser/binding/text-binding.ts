import type { editor, IRange } from '@theia/monaco-editor-core';
import type * as Y from 'yjs';
import { minimalEdits } from '../../common/minimal-edits';
import { withShortEndings } from '../../common/shared-text';
import { WITH_SHORT_ENDINGS } from '../shared-editor-model';

type TextModel = editor.ITextModel;

/** A piece of text that was replaced, in offsets of the text before. */
export interface Replacement {
    readonly offset: number;
    readonly length: number;
    readonly text: string;
}

export interface BindingHooks {
    /** This person has edited. */
    onLocalEdit(): void;
    /** Edits of others, or an undo, are about to come into the editor. */
    willApply(replacements: readonly Replacement[]): void;
    /** They have. @param origin of the Yjs transaction */
    didApply(replacements: readonly Replacement[], origin: unknown): void;
}

/** Keeps an editor's text and a shared text the same, whatever the editor's line endings are. */
export class TextBinding {
    private readonly model: TextModel;
    private readonly text: Y.Text;
    private listener: { dispose(): void } | undefined;
    private hooks: BindingHooks | undefined;
    private applying = false;

    constructor(model: TextModel, text: Y.Text) {
        this.model = model;
        this.text = text;
    }

    /** From now on the two are the same; what the editor has over the shared text was typed by this person before. */
    start(hooks: BindingHooks): void {
        this.hooks = hooks;
        this.matchText();
        this.listener = this.model.onDidChangeContent((event) => this.handleEditor(event));
        this.text.observe(this.handleText);
    }

    /** Editor text = shared text. */
    get holds(): boolean {
        return this.model.getValue(WITH_SHORT_ENDINGS) === this.text.toString();
    }

    dispose(): void {
        this.listener?.dispose();
        this.text.unobserve(this.handleText);
    }

    /** Offset in the shared text. */
    offsetAt(position: { lineNumber: number; column: number }): number {
        return this.model.getOffsetAt(position) - (position.lineNumber - 1) * this.extraPerLine;
    }

    /** Place in the editor. */
    positionAt(offset: number): { lineNumber: number; column: number } {
        if (this.extraPerLine === 0) {
            return this.model.getPositionAt(offset);
        }
        let low = 1;
        let high = this.model.getLineCount();
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.offsetAt({ lineNumber: middle, column: 1 }) <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return { lineNumber: low, column: offset - this.offsetAt({ lineNumber: low, column: 1 }) + 1 };
    }

    /** `\r\n` counts two in the editor and one in the shared text. */
    private get extraPerLine(): number {
        return this.model.getEOL().length - 1;
    }

    private matchText(): void {
        const edits = minimalEdits(this.text.toString(), this.model.getValue(WITH_SHORT_ENDINGS));
        if (edits.length > 0) {
            this.hooks?.onLocalEdit();
            this.change(edits);
        }
    }

    private handleEditor(event: editor.IModelContentChangedEvent): void {
        if (this.applying) {
            return;
        }
        if (event.isFlush || event.isEolChange) {
            this.matchText();
            return;
        }
        this.hooks?.onLocalEdit();
        const extra = this.extraPerLine;
        const replacements = event.changes.map(({ range, rangeOffset, rangeLength, text }) => ({
            offset: rangeOffset - (range.startLineNumber - 1) * extra,
            length: rangeLength - (range.endLineNumber - range.startLineNumber) * extra,
            text: withShortEndings(text),
        }));
        if (replacements.some(({ text }) => splitsSurrogates(text))) {
            this.matchText();
            return;
        }
        this.change(replacements.sort((one, other) => one.offset - other.offset));
    }

    private change(sorted: readonly Replacement[]): void {
        this.text.doc!.transact(() => {
            for (let index = sorted.length - 1; index >= 0; index--) {
                const { offset, length, text } = sorted[index]!;
                if (length > 0) {
                    this.text.delete(offset, length);
                }
                if (text !== '') {
                    this.text.insert(offset, text);
                }
            }
        }, this);
    }

    private readonly handleText = (event: Y.YTextEvent, transaction: Y.Transaction): void => {
        if (transaction.origin === this) {
            return;
        }
        const replacements = replacementsOf(event.delta);
        if (replacements.length === 0) {
            return;
        }
        this.hooks?.willApply(replacements);
        const edits = replacements.map(({ offset, length, text }): { range: IRange; text: string } => {
            const start = this.positionAt(offset);
            const end = length === 0 ? start : this.positionAt(offset + length);
            return {
                range: {
                    startLineNumber: start.lineNumber,
                    startColumn: start.column,
                    endLineNumber: end.lineNumber,
                    endColumn: end.column,
                },
                text,
            };
        });
        this.applying = true;
        try {
            // Not on Monaco's own undo stack, which would undo the edits of others.
            this.model.applyEdits(edits);
        } finally {
            this.applying = false;
        }
        this.hooks?.didApply(replacements, transaction.origin);
    };
}

function replacementsOf(delta: Y.YTextEvent['delta']): Replacement[] {
    const replacements: { offset: number; length: number; text: string }[] = [];
    let offset = 0;
    for (const { retain, insert, delete: deleted } of delta) {
        if (retain !== undefined) {
            offset += retain;
            continue;
        }
        const last = replacements.at(-1);
        const current =
            last && last.offset + last.length === offset ? last : replacements[replacements.push({ offset, length: 0, text: '' }) - 1]!;
        if (deleted !== undefined) {
            current.length += deleted;
            offset += deleted;
        } else if (typeof insert === 'string') {
            current.text += insert;
        }
    }
    return replacements;
}

function splitsSurrogates(text: string): boolean {
    const first = text.charCodeAt(0);
    const last = text.charCodeAt(text.length - 1);
    return (first >= 0xdc00 && first <= 0xdfff) || (last >= 0xd800 && last <= 0xdbff);
}
