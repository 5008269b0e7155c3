/** Text of an editor that could not be saved. */
export interface UnsavedEntry {
    readonly uri: string;
    readonly text: string;
}

export function toEntries(entries: readonly UnsavedEntry[]): string {
    return JSON.stringify(entries);
}

/** Reads what {@link toEntries} wrote; anything else is nothing. */
export function fromEntries(text: string | null): readonly UnsavedEntry[] {
    try {
        const value: unknown = JSON.parse(text ?? '[]');
        return Array.isArray(value) ? value.filter(isEntry) : [];
    } catch {
        return [];
    }
}

function isEntry(value: unknown): value is UnsavedEntry {
    const entry = value as Partial<UnsavedEntry> | null;
    return typeof entry?.uri === 'string' && typeof entry.text === 'string';
}
