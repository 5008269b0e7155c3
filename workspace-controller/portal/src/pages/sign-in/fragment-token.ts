/** The one-time secret in an address's fragment, which no server and no log sees. */
export function fragmentToken(hash: string, name: string): string | undefined {
    return new URLSearchParams(hash.replace(/^#/, '')).get(name) || undefined;
}
