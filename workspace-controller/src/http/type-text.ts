import { KINDS } from '@tandem/protocol';

interface Node {
    type?: string;
    enum?: readonly unknown[];
    properties?: Record<string, unknown>;
    required?: readonly string[];
    items?: unknown;
    patternProperties?: Record<string, unknown>;
    format?: string;
    minLength?: number;
    maxLength?: number;
    minimum?: number;
    maximum?: number;
}

/** A schema as people read types: `{ name?: string (at most 22 characters) … }`. Kinds stand by their name once inside. */
export function typeText(schema: unknown, depth = 0): string {
    const kind = Object.entries(KINDS).find(([, value]) => value === schema)?.[0];
    if (kind !== undefined) {
        return `${kind} (see openapi.json)`;
    }
    const node = schema as Node;
    if (node.enum !== undefined) {
        return node.enum.map((value) => JSON.stringify(value)).join(' | ');
    }
    if (node.type === 'array') {
        return `list of ${typeText(node.items, depth)}`;
    }
    if (node.type !== 'object') {
        return [node.format ?? node.type ?? 'anything', limitsOf(node)].filter(Boolean).join(' ');
    }
    if (node.properties === undefined || Object.keys(node.properties).length === 0) {
        const [values] = Object.values(node.patternProperties ?? {});
        return values === undefined ? 'object' : `map of ${typeText(values, depth)}`;
    }
    const indent = '    '.repeat(depth + 1);
    const fields = Object.entries(node.properties).map(([name, value]) => {
        const optional = node.required?.includes(name) === true ? '' : '?';
        return `${indent}${name}${optional}: ${typeText(value, depth + 1)}`;
    });
    return `{\n${fields.join('\n')}\n${'    '.repeat(depth)}}`;
}

function limitsOf({ minLength, maxLength, minimum, maximum }: Node): string {
    const [least, most] = [minLength ?? minimum, maxLength ?? maximum];
    if (least === undefined && most === undefined) {
        return '';
    }
    const unit = maxLength === undefined && minLength === undefined ? '' : ' characters';
    const range = least === undefined ? `at most ${most}` : most === undefined ? `at least ${least}` : `${least} to ${most}`;
    return `(${range}${unit})`;
}
