import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { operations } from '@tandem/protocol';
import { format, resolveConfig } from 'prettier';
import { describe, expect, it } from 'vitest';
import { errorsPage, openApiDocument } from './openapi.ts';

const DOCS = fileURLToPath(new URL('../../../docs/', import.meta.url));

/** The committed text; written anew first when `UPDATE_DOCS` asks for it. */
async function committed(name: string, made: string): Promise<{ committed: string; made: string }> {
    const path = DOCS + name;
    const options = (await resolveConfig(path)) ?? {};
    const formatted = await format(made, { ...options, filepath: path });
    if (process.env['UPDATE_DOCS'] !== undefined) {
        mkdirSync(DOCS, { recursive: true });
        writeFileSync(path, formatted);
    }
    return { committed: existsSync(path) ? readFileSync(path, 'utf8') : '', made: formatted };
}

describe('documents made from the protocol', () => {
    it('docs/openapi.json is that of the table (UPDATE_DOCS=1 writes it)', async () => {
        const documents = await committed('openapi.json', JSON.stringify(openApiDocument('0.1.0')));
        expect(documents.committed).toBe(documents.made);
    });

    it('docs/errors.md is that of the table (UPDATE_DOCS=1 writes it)', async () => {
        const documents = await committed('errors.md', errorsPage());
        expect(documents.committed).toBe(documents.made);
    });

    it('describes every operation once, with its parameters', () => {
        const document = openApiDocument('1') as {
            paths: Record<string, Record<string, { operationId: string; parameters?: { name: string }[] }>>;
        };
        const described = Object.entries(document.paths).flatMap(([path, methods]) =>
            Object.values(methods).map((operation) => ({ path, ...operation })),
        );
        expect(described.map(({ operationId }) => operationId).sort()).toEqual(Object.keys(operations).sort());
        for (const { path, parameters } of described) {
            for (const [, name] of path.matchAll(/\{(\w+)\}/g)) {
                expect(parameters?.map((parameter) => parameter.name)).toContain(name);
            }
        }
    });
});
