// Writes src/routes.ts: what the client needs of the protocol's table at run time, without the schemas.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import prettier from 'prettier';
import { operations } from '../../protocol/src/operations.ts';

const file = fileURLToPath(new URL('../src/routes.ts', import.meta.url));
const routes = Object.entries(operations).map(([id, operation]) => {
    const fields = { method: operation.method, path: operation.path };
    if (operation.stream) {
        fields.stream = operation.stream;
    }
    return `${id}: ${JSON.stringify(fields)},`;
});
const source = `// Generated from the operations table of @tandem/protocol: npm run generate -w @tandem/api-client
import type { OperationId } from '@tandem/protocol';

/** What is needed of an operation to call it. */
export interface Route {
    readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
    /** With \`:parameters\`. */
    readonly path: string;
    /** Media type of an answer that is not JSON. */
    readonly stream?: 'text/event-stream' | 'application/x-ndjson' | 'application/gzip';
}

/** The way to each operation; kept apart from the schemas, so that a browser does not load those. */
export const routes: Readonly<Record<OperationId, Route>> = {
    ${routes.join('\n')}
};
`;
const options = await prettier.resolveConfig(file);
writeFileSync(file, await prettier.format(source, { ...options, parser: 'typescript' }));
