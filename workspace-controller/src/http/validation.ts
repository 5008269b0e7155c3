import type { TSchema } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { AppError } from '@tandem/server-kit';

/** One finding of the validator. */
interface Finding {
    keyword: string;
    instancePath: string;
    params: Record<string, unknown>;
    message: string;
}

export type Part = 'body' | 'query' | 'params';

/** Checks one part of a request; bodies are taken as they are, texts of the address are converted. */
export function validatorOf(schema: TSchema, part: Part): (value: unknown) => unknown {
    const validator = Compile(part === 'body' ? closed(schema) : schema) as Validator;
    return (value) => {
        const given = part === 'body' ? value : validator.Convert(validator.Default(structuredClone(value ?? {})));
        if (!validator.Check(given)) {
            throw invalid(validator.Errors(given) as unknown as Finding[], given, part);
        }
        return given;
    };
}

/** The schema with unknown fields refused, so that a misspelt one is told and not ignored. */
function closed(schema: TSchema): TSchema {
    const node = schema as TSchema & {
        type?: string;
        properties?: Record<string, TSchema>;
        items?: TSchema;
        additionalProperties?: unknown;
    };
    if (node.type === 'object' && node.properties !== undefined && node.additionalProperties === undefined) {
        const properties = Object.fromEntries(Object.entries(node.properties).map(([key, value]) => [key, closed(value)]));
        return { ...node, properties, additionalProperties: false } as TSchema;
    }
    return node.type === 'array' && node.items !== undefined ? ({ ...node, items: closed(node.items) } as TSchema) : schema;
}

function invalid(findings: Finding[], value: unknown, part: Part): AppError {
    const finding = findings.find((entry) => entry.keyword !== 'boolean') ?? findings[0];
    if (finding === undefined) {
        return new AppError('invalid-request', 'The request is not valid.');
    }
    const { pointer, message } = explain(finding, value, part);
    return new AppError('invalid-request', message, { pointer });
}

function explain(finding: Finding, root: unknown, part: Part): { pointer: string; message: string } {
    const place = finding.instancePath;
    const where = place === '' ? (part === 'body' ? 'The body' : 'The address') : `"${place.slice(1).replaceAll('/', '.')}"`;
    const { params } = finding;
    switch (finding.keyword) {
        case 'required': {
            const missing = (params['requiredProperties'] as string[] | undefined)?.[0] ?? '';
            return { pointer: `${place}/${missing}`, message: `"${join(place, missing)}" is missing.` };
        }
        case 'additionalProperties': {
            const unknown = (params['additionalProperties'] as string[] | undefined)?.[0] ?? '';
            return {
                pointer: `${place}/${escape(unknown)}`,
                message: `"${join(place, unknown)}" is not a field of this request. Check its spelling.`,
            };
        }
        case 'type':
            return { pointer: place, message: `${where} must be ${article(String(params['type']))}, not ${kindOf(valueAt(root, place))}.` };
        case 'enum':
            return { pointer: place, message: `${where} must be one of ${(params['allowedValues'] as unknown[]).map(String).join(', ')}.` };
        case 'maxLength':
            return { pointer: place, message: `${where} must have at most ${String(params['limit'])} characters.` };
        case 'minLength':
            return { pointer: place, message: `${where} must have at least ${String(params['limit'])} characters.` };
        case 'maximum':
        case 'minimum':
            return {
                pointer: place,
                message: `${where} must be ${finding.keyword === 'minimum' ? 'at least' : 'at most'} ${String(params['limit'])}.`,
            };
        case 'format':
            return {
                pointer: place,
                message: `${where} must be ${params['format'] === 'email' ? 'an e-mail address' : `a ${String(params['format'])}`}.`,
            };
        case 'pattern':
            return {
                pointer: place,
                message: `${where} may hold lower-case letters, digits and hyphens only, and begins and ends with a letter or digit.`,
            };
        default:
            return { pointer: place, message: `${where} ${finding.message}.` };
    }
}

const join = (place: string, name: string): string => [...place.split('/').slice(1), name].join('.').slice(0, 200);
const escape = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1').slice(0, 200);
const article = (type: string): string =>
    ({ integer: 'a whole number', number: 'a number', string: 'a text', boolean: 'true or false', object: 'an object', array: 'a list' })[
        type
    ] ?? type;

function kindOf(value: unknown): string {
    if (value === null || value === undefined) {
        return 'empty';
    }
    return Array.isArray(value) ? 'a list' : article(typeof value);
}

function valueAt(root: unknown, pointer: string): unknown {
    let value = root;
    for (const key of pointer.split('/').slice(1)) {
        value = (value as Record<string, unknown> | undefined)?.[key.replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    return value;
}
