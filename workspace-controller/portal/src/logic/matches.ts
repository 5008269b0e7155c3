/** Whether every word of `filter` occurs in one of the texts, whatever its case. An empty filter matches all. */
export function matches(filter: string, texts: readonly (string | undefined)[]): boolean {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    if (words.length === 0) {
        return true;
    }
    const all = texts.filter((text) => text !== undefined).map((text) => text.toLowerCase());
    return words.every((word) => all.some((text) => text.includes(word)));
}
