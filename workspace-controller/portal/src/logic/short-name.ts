/** A resource name made from a name for people: "Ärger & Co." becomes "arger-co". */
export function shortName(displayName: string): string {
    return displayName
        .normalize('NFKD')
        .replace(/[\u0300-\u036f]/g, '')
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-+|-+$/g, '')
        .slice(0, 40)
        .replace(/-+$/, '');
}
