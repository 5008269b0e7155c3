import type { Command } from 'commander';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** Names that a shell asks the command for while a person types. */
export type NameSource = (kind: string) => Promise<string[]>;

/**
 * What can stand at the end of the line.
 *
 * @param words after `tandem`, the last one unfinished
 * @param names looks up what is not known here, by the name of the group: `workspaces`, `grants`, `users`, `tokens`
 */
export async function completionsOf(program: Command, words: readonly string[], names: NameSource): Promise<string[]> {
    const unfinished = words.at(-1) ?? '';
    let command = program;
    const path: string[] = [];
    let given = 0;
    let valueOf: string | undefined;
    for (const word of words.slice(0, -1)) {
        if (valueOf !== undefined) {
            valueOf = undefined;
            continue;
        }
        const option = command.options.find((candidate) => candidate.long === word || candidate.short === word);
        if (option !== undefined) {
            valueOf = option.required ? word : undefined;
            continue;
        }
        const child = command.commands.find((candidate) => candidate.name() === word || candidate.aliases().includes(word));
        if (child !== undefined) {
            command = child;
            path.push(child.name());
        } else {
            given += 1;
        }
    }
    if (valueOf !== undefined) {
        // The words an option takes stand in its description after the colon.
        const description = command.options.find((option) => option.long === valueOf)?.description ?? '';
        return starting(/: ([a-z]+(, [a-z]+)+)$/.exec(description)?.[1]?.split(', ') ?? [], unfinished);
    }
    if (unfinished.startsWith('-')) {
        return starting(['--help', ...command.options.flatMap((option) => option.long ?? [])], unfinished);
    }
    if (command.commands.length > 0) {
        return starting(
            command.commands.filter((child) => !isHidden(child)).map((child) => child.name()),
            unfinished,
        );
    }
    const argument = command.registeredArguments[given]?.name();
    const kind = path.length > 1 ? path[0] : 'workspaces';
    const takesExisting = (argument === 'name' && path.at(-1) !== 'create') || argument === 'id';
    if (argument === 'shell') {
        return starting(SHELLS, unfinished);
    }
    return takesExisting && kind !== undefined ? starting(await names(kind), unfinished) : [];
}

const isHidden = (command: Command): boolean => command.name().startsWith('__');
const starting = (candidates: readonly string[], prefix: string): string[] => candidates.filter((name) => name.startsWith(prefix));

/** The script that makes a shell ask `tandem __complete` and falls back to file names. */
export function completionScript(shell: Shell): string {
    switch (shell) {
        case 'bash':
            return `_tandem() {
    local IFS=$'\\n'
    COMPREPLY=($(tandem __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _tandem tandem
`;
        case 'zsh':
            return `#compdef tandem
_tandem() {
    local -a found
    found=("\${(@f)$(tandem __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "$found[1]" ]]; then
        compadd -a found
    else
        _files
    fi
}
if [[ "$funcstack[1]" = "_tandem" ]]; then
    _tandem "$@"
else
    compdef _tandem tandem
fi
`;
        case 'fish':
            return `function __tandem_complete
    set -l words (commandline -opc) (commandline -ct)
    tandem __complete -- $words[2..-1] 2>/dev/null
end
complete -c tandem -a '(__tandem_complete)'
`;
    }
}
