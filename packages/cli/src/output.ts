/** Columns padded to their widest cell; the last is not padded. Empty for no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
    if (rows.length === 0) {
        return '';
    }
    const lines = [heads, ...rows].map((row) => row.map(printable));
    const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
    return lines
        .map((line) => line.map((cell, column) => (column === heads.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '))
        .map((line) => `${line.trimEnd()}\n`)
        .join('');
}

/** Text of others without the control characters that would steer a terminal. */
export function printable(text: string): string {
    return text.replace(/\p{Cc}/gu, ' ');
}

/** "5 minutes ago", "in 2 days". */
export function relativeTime(time: string | undefined, nowMs: number): string {
    if (time === undefined) {
        return '–';
    }
    const seconds = (Date.parse(time) - nowMs) / 1000;
    const units: [Intl.RelativeTimeFormatUnit, number][] = [
        ['day', 86_400],
        ['hour', 3_600],
        ['minute', 60],
    ];
    const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? (['second', 1] as const);
    return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(Math.round(seconds / length), unit);
}
