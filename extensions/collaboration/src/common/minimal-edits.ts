import { diffArrays } from 'diff';

/** Replaces `length` code units at `offset` of the old text by `text`. */
export interface Edit {
    readonly offset: number;
    readonly length: number;
    readonly text: string;
}

/** Diffs that touch more lines than this replace them in one piece. */
const MAX_DIFF_EDITS = 4_000;

/**
 * The small edits that make `after` out of `before`: whole lines where lines came or went, characters inside a changed line.
 * Sorted by offset, not overlapping, offsets in `before`; none splits a surrogate pair.
 */
export function minimalEdits(before: string, after: string): Edit[] {
    const whole = trimmed({ offset: 0, length: before.length, text: after }, before);
    if (whole === undefined) {
        return [];
    }
    const oldPart = before.slice(whole.offset, whole.offset + whole.length);
    if (!oldPart.includes('\n') && !whole.text.includes('\n')) {
        return [whole];
    }
    // Whole lines, so that a line that merely moved down is no edit.
    const start = whole.offset === 0 ? 0 : before.lastIndexOf('\n', whole.offset - 1) + 1;
    const lead = before.slice(start, whole.offset);
    const end = lineEnd(before, whole.offset + whole.length);
    const tail = before.slice(whole.offset + whole.length, end);
    const changes = diffArrays(linesOf(lead + oldPart + tail), linesOf(lead + whole.text + tail), { maxEditLength: MAX_DIFF_EDITS });
    if (changes === undefined) {
        return [whole];
    }
    const edits: Edit[] = [];
    let offset = start;
    let pending: { offset: number; length: number; text: string } | undefined;
    const flush = (): void => {
        const edit = pending && trimmed(pending, before);
        if (edit) {
            edits.push(edit);
        }
        pending = undefined;
    };
    for (const { added, removed, value } of changes) {
        const text = value.join('');
        if (added) {
            pending ??= { offset, length: 0, text: '' };
            pending.text += text;
        } else if (removed) {
            pending ??= { offset, length: 0, text: '' };
            pending.length += text.length;
            offset += text.length;
        } else {
            flush();
            offset += text.length;
        }
    }
    flush();
    return edits;
}

/** @param edits sorted by offset, not overlapping */
export function applyEdits(text: string, edits: readonly Edit[]): string {
    let result = '';
    let at = 0;
    for (const edit of edits) {
        result += text.slice(at, edit.offset) + edit.text;
        at = edit.offset + edit.length;
    }
    return result + text.slice(at);
}

/** Leaves out of an edit what is the same before and after, without splitting surrogate pairs; nothing when all is. */
function trimmed({ offset, length, text }: Edit, before: string): Edit | undefined {
    const shorter = Math.min(length, text.length);
    let prefix = 0;
    while (prefix < shorter && before.charCodeAt(offset + prefix) === text.charCodeAt(prefix)) {
        prefix++;
    }
    if (prefix > 0 && isHigh(before.charCodeAt(offset + prefix - 1)) && (prefix < length || prefix < text.length)) {
        prefix--;
    }
    let suffix = 0;
    while (suffix < shorter - prefix && before.charCodeAt(offset + length - 1 - suffix) === text.charCodeAt(text.length - 1 - suffix)) {
        suffix++;
    }
    if (suffix > 0 && isLow(text.charCodeAt(text.length - suffix)) && (prefix + suffix < length || prefix + suffix < text.length)) {
        suffix--;
    }
    const edit = { offset: offset + prefix, length: length - prefix - suffix, text: text.slice(prefix, text.length - suffix) };
    return edit.length === 0 && edit.text === '' ? undefined : edit;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

function lineEnd(text: string, offset: number): number {
    const end = text.indexOf('\n', offset);
    return end < 0 ? text.length : end + 1;
}

/** Lines with their endings. */
function linesOf(text: string): string[] {
    return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
