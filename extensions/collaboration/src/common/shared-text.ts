import type { LineEnding } from './shared-documents-protocol';

/** Names of the shared types in a file's document. */
export const TEXT_NAME = 'text';
export const FACTS_NAME = 'file';
/** Key in the facts: the line ending that the file is written with. */
export const LINE_ENDING_KEY = 'lineEnding';

/** Files above this open unshared. */
export const MAX_SHARED_BYTES = 8 * 1024 * 1024;

const CARRIAGE_RETURN_ALONE = /\r(?!\n)/;

/** The ending that most lines of a text have, as the editor counts them; `\n` without any. */
export function lineEndingOf(text: string): LineEnding {
    let all = 0;
    let long = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
        all++;
        if (text.charCodeAt(at - 1) === 13) {
            long++;
        }
    }
    return long > all / 2 ? '\r\n' : '\n';
}

/** Whether an editor would have to change line endings of a kind that no file should have. */
export function hasLoneCarriageReturn(text: string): boolean {
    return CARRIAGE_RETURN_ALONE.test(text);
}

/** The text as documents keep it. */
export function withShortEndings(text: string): string {
    return text.includes('\r') ? text.replace(/\r\n/g, '\n') : text;
}

/** The text as the file has it. */
export function withEndings(text: string, lineEnding: LineEnding): string {
    return lineEnding === '\n' ? text : text.replace(/\n/g, lineEnding);
}

/**
 * A 53-bit hash of a text's UTF-16 code units: tells texts of equal length apart, not for security.
 * @see https://github.com/bryc/code/blob/master/jshash/experimental/cyrb53.js (public domain)
 */
export function fingerprint(text: string): string {
    let first = 0xdeadbeef;
    let second = 0x41c6ce57;
    for (let index = 0; index < text.length; index++) {
        const unit = text.charCodeAt(index);
        first = Math.imul(first ^ unit, 2654435761);
        second = Math.imul(second ^ unit, 1597334677);
    }
    first = Math.imul(first ^ (first >>> 16), 2246822507) ^ Math.imul(second ^ (second >>> 13), 3266489909);
    second = Math.imul(second ^ (second >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909);
    return (4294967296 * (2097151 & second) + (first >>> 0)).toString(36);
}
