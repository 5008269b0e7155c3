const BEGIN = '# BEGIN tandem';
const END = '# END tandem';

/** Lines for the hosts file: every name on both loopback addresses, a few per line because lines have a limit. */
export function hostsLines(names: readonly string[]): string[] {
    const lines: string[] = [];
    for (let index = 0; index < names.length; index += 8) {
        const some = names.slice(index, index + 8).join(' ');
        lines.push(`127.0.0.1 ${some}`, `::1 ${some}`);
    }
    return lines;
}

/** The hosts file with our block put in, put anew, or taken out when there are no lines; the rest stays as it is. */
export function withHostsBlock(text: string, lines: readonly string[]): string {
    const kept = text.replace(new RegExp(`(^|\n)${BEGIN}[^]*?${END}\n?`), '$1').replace(/\n*$/, '\n');
    return lines.length === 0 ? kept : `${kept === '\n' ? '' : kept}${[BEGIN, ...lines, END].join('\n')}\n`;
}
