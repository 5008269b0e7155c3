import type { WorkspaceTemplate } from '@tandem/protocol';

/** What stands in the fields of a template. */
export interface TemplateDraft {
    name: string;
    displayName: string;
    description: string;
    url: string;
    ref: string;
    prepareCommand: string;
    /** One `NAME=value` per line. */
    environment: string;
    idleTimeoutMinutes: number;
    keepAwakeCeilingMinutes: number;
    memoryMiB: number;
}

export const NEW_TEMPLATE: TemplateDraft = {
    name: '',
    displayName: '',
    description: '',
    url: '',
    ref: '',
    prepareCommand: '',
    environment: '',
    idleTimeoutMinutes: 60,
    keepAwakeCeilingMinutes: 1440,
    memoryMiB: 4096,
};

export function draftOf({ metadata, spec }: WorkspaceTemplate): TemplateDraft {
    return {
        name: metadata.name,
        displayName: spec.displayName,
        description: spec.description,
        url: spec.source?.url ?? '',
        ref: spec.source?.ref ?? '',
        prepareCommand: spec.prepareCommand ?? '',
        environment: Object.entries(spec.environment)
            .map(([name, value]) => `${name}=${value}`)
            .join('\n'),
        idleTimeoutMinutes: spec.idleTimeoutMinutes,
        keepAwakeCeilingMinutes: spec.keepAwakeCeilingMinutes,
        memoryMiB: spec.memoryMiB,
    };
}

/** A line of the environment that cannot be read; lines count from 1. */
export interface WrongLine {
    line: number;
    text: string;
}

/** Reads `NAME=value` lines; empty ones and those that begin with `#` say nothing. */
export function readEnvironment(text: string): Record<string, string> | WrongLine {
    const environment: Record<string, string> = {};
    for (const [index, raw] of text.split('\n').entries()) {
        const line = raw.trim();
        if (line === '' || line.startsWith('#')) {
            continue;
        }
        const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
        if (name === undefined || value === undefined) {
            return { line: index + 1, text: line } satisfies WrongLine;
        }
        environment[name] = value;
    }
    return environment;
}

export function isWrongLine(value: Record<string, string> | WrongLine): value is WrongLine {
    return typeof value.line === 'number';
}

/** @param environment as read from the draft */
export function specOf(draft: TemplateDraft, environment: Record<string, string>): WorkspaceTemplate['spec'] {
    const url = draft.url.trim();
    const ref = draft.ref.trim();
    return {
        displayName: draft.displayName.trim(),
        description: draft.description.trim(),
        ...(url === '' ? {} : { source: { url, ...(ref === '' ? {} : { ref }) } }),
        ...(draft.prepareCommand.trim() === '' ? {} : { prepareCommand: draft.prepareCommand.trim() }),
        idleTimeoutMinutes: draft.idleTimeoutMinutes,
        keepAwakeCeilingMinutes: draft.keepAwakeCeilingMinutes,
        memoryMiB: draft.memoryMiB,
        environment,
    };
}
