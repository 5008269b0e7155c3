/** Readable with white text on them, and apart from each other, in light and dark themes. */
const COLOURS = ['#0b7285', '#a61e4d', '#5f3dc4', '#2b8a3e', '#c2410c', '#1864ab', '#862e9c', '#7c5e10'];

const known = new Map<string, { key: string; name: string }>();
let sheet: HTMLStyleElement | undefined;

/** The colour of a person, the same in every browser. @param subject name of the `User` */
export function colourOf(subject: string): string {
    let hash = 0;
    for (let index = 0; index < subject.length; index++) {
        hash = (Math.imul(hash, 31) + subject.charCodeAt(index)) >>> 0;
    }
    return COLOURS[hash % COLOURS.length]!;
}

/** Makes sure that a person's caret and selection have their colour and name. @returns the end of the class names */
export function styleFor(subject: string, name: string, colour: string): string {
    const entry = known.get(subject);
    if (entry?.name === name) {
        return entry.key;
    }
    const key = entry?.key ?? String(known.size);
    known.set(subject, { key, name });
    sheet ??= document.head.appendChild(document.createElement('style'));
    sheet.append(
        `.tandem-caret-${key} { border-left-color: ${colour}; }\n` +
            `.tandem-flag-${key}::after { content: ${cssString(name)}; background: ${colour}; }\n` +
            `.tandem-selection-${key} { background: ${colour}; }\n`,
    );
    return key;
}

/** A name as a string of a style sheet, which nothing in it can end. */
function cssString(text: string): string {
    return `"${text.replace(/[^ \p{L}\p{N}]/gu, (character) => `\\${character.codePointAt(0)!.toString(16)} `)}"`;
}
