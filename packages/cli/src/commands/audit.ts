import type { Command } from 'commander';
import { CliError } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { saveStream } from '../save-stream.ts';

export const auditCommand = (host: CliHost): Command =>
    group('audit', 'who did what (admins)', [
        leaf(
            host,
            'verify',
            'check that no entry was changed, removed or reordered; ends with 1 when one was',
            () => undefined,
            async (context) => {
                const verdict = await context.client().verifyAudit();
                await context.print(verdict, () => (verdict.ok ? `${verdict.entries} entries, the chain is whole.\n` : ''));
                if (!verdict.ok) {
                    throw new CliError(
                        `The audit log was tampered with at entry ${verdict.brokenAt ?? '?'}: ${verdict.reason ?? 'the hash does not fit'}`,
                    );
                }
            },
        ),
        leaf(
            host,
            'export [file]',
            'all entries as JSON lines, into a file or to standard output',
            () => undefined,
            async (context, _options, file = '-') => {
                const stream = await context.client().exportAudit({ signal: host.signal });
                const bytes = await saveStream(context, stream, file);
                context.note(file === '-' ? '' : `${file}: ${bytes} bytes`);
            },
        ),
    ]);
