import {
    Condition,
    ERROR_CODES,
    KINDS,
    ObjectMeta,
    operations,
    Problem,
    PROBLEM_MEDIA_TYPE,
    REQUEST_SECRET_HEADER,
    type Operation,
} from '@tandem/protocol';
import type { TSchema } from 'typebox';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const SHARED: Record<string, TSchema> = { ...KINDS, ObjectMeta, Condition, Problem };

/** The OpenAPI 3.1 document of the whole API, from the protocol's table. Deterministic: equal tables give equal text. */
export function openApiDocument(version: string): Json {
    const paths: Record<string, Record<string, Json>> = {};
    for (const [id, operation] of Object.entries(operations) as [string, Operation][]) {
        const path = operation.path.replace(/:([a-zA-Z]+)/g, '{$1}');
        paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describeOperation(id, operation) };
    }
    return {
        openapi: '3.1.0',
        info: {
            title: 'Tandem',
            version,
            description: 'The API of the workspace controller. Errors are RFC 9457 problems whose `code` is stable: branch on it.',
            license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
        },
        servers: [{ url: '/' }],
        tags: [...new Set(Object.values(operations).map((operation) => operation.tag))].map((name) => ({ name })),
        paths,
        components: {
            schemas: Object.fromEntries(Object.entries(SHARED).map(([name, schema]) => [name, toJson(schema, name)])),
            responses: {
                Problem: {
                    description: 'What went wrong',
                    content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
                },
            },
            securitySchemes: {
                token: { type: 'http', scheme: 'bearer', description: 'An API token, made under Account.' },
                session: {
                    type: 'apiKey',
                    in: 'cookie',
                    name: '__Host-tandem-session',
                    description: `The portal's session. Calls that change something also need the portal's Origin and the header ${REQUEST_SECRET_HEADER}.`,
                },
            },
        },
    };
}

function describeOperation(id: string, operation: Operation): Json {
    const parameters = [...parametersOf(operation.params, 'path'), ...parametersOf(operation.query, 'query')];
    if (operation.idempotent === true) {
        const description = 'A repeat with the same key gets the first answer, for a day.';
        parameters.push({
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            description,
            schema: { type: 'string', maxLength: 128 },
        });
    }
    const success: { [key: string]: Json } = { description: operation.summary };
    if (operation.response !== undefined) {
        success['content'] = { 'application/json': { schema: toJson(operation.response) } };
    } else if (operation.stream !== undefined) {
        success['content'] = { [operation.stream]: { schema: { type: 'string' } } };
    }
    return {
        operationId: id,
        summary: operation.summary,
        tags: [operation.tag],
        description: `Access: ${operation.access}.${operation.onWorkspaceOrigin === true ? ' Also under `/.tandem` of the workspace’s origin.' : ''}`,
        security: operation.access === 'public' ? [] : [{ token: [] }, { session: [] }],
        ...(parameters.length === 0 ? {} : { parameters }),
        ...(operation.body === undefined
            ? {}
            : { requestBody: { required: true, content: { 'application/json': { schema: toJson(operation.body) } } } }),
        responses: { [String(operation.status)]: success, default: { $ref: '#/components/responses/Problem' } },
    };
}

function parametersOf(schema: TSchema | undefined, place: 'path' | 'query'): { [key: string]: Json }[] {
    const node = schema as { properties?: Record<string, TSchema>; required?: string[] } | undefined;
    return Object.entries(node?.properties ?? {}).map(([name, value]) => ({
        name,
        in: place,
        required: node?.required?.includes(name) ?? false,
        schema: toJson(value),
    }));
}

/** A TypeBox schema as plain JSON, with shared schemas as references. */
function toJson(schema: unknown, own?: string): Json {
    if (Array.isArray(schema)) {
        return schema.map((item) => toJson(item));
    }
    if (schema === null || typeof schema !== 'object') {
        return schema as Json;
    }
    const shared = Object.entries(SHARED).find(([name, value]) => value === schema && name !== own);
    if (shared !== undefined) {
        return { $ref: `#/components/schemas/${shared[0]}` };
    }
    return Object.fromEntries(
        Object.entries(schema)
            .filter(([key, value]) => !key.startsWith('~') && value !== undefined)
            .map(([key, value]) => [key, toJson(value)]),
    );
}

/** The table of error codes as Markdown: `docs/errors.md`. */
export function errorsPage(): string {
    const rows = Object.entries(ERROR_CODES).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
    return [
        '# Error codes',
        '',
        `Every error of the API is an [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) body of type \`${PROBLEM_MEDIA_TYPE}\`. Programs branch on its`,
        '`code`, people read its `detail`, and `pointer` is a JSON pointer to the value that was wrong. Bodies of status 500 say nothing of the',
        "inside: look for the `requestId` in the server's log.",
        '',
        'This page is made from `packages/protocol/src/errors.ts`; `UPDATE_DOCS=1 npx vitest run workspace-controller/src/http/openapi.test.ts`',
        'writes it anew.',
        '',
        '| Code | Status | Meaning |',
        '| --- | --- | --- |',
        ...rows,
        '',
    ].join('\n');
}
