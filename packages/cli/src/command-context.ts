import { createInterface } from 'node:readline/promises';
import { createApiClient, type ApiClient } from '@tandem/api-client';
import { resolveTarget } from './credentials.ts';
import { CliError, EXIT_CODES } from './exit-codes.ts';
import type { CliHost } from './host.ts';

/** Options that every command takes. */
export interface CommonOptions {
    url?: string;
    json?: boolean;
}

/** What a command's action works with. */
export class CommandContext {
    readonly host: CliHost;
    readonly options: CommonOptions;

    constructor(host: CliHost, options: CommonOptions) {
        this.host = host;
        this.options = options;
    }

    /** A client that acts as the signed-in person. @throws CliError `notSignedIn` */
    client(): ApiClient {
        const { origin, token } = resolveTarget(this.host.env, this.options.url);
        if (token === undefined) {
            throw new CliError(
                `You are not signed in to ${origin}. Run "tandem login" with a sign-in link or a token, or set TANDEM_TOKEN.`,
                EXIT_CODES.notSignedIn,
            );
        }
        return this.clientOf(origin, token);
    }

    clientOf(origin: string, token: string): ApiClient {
        return createApiClient({ baseUrl: origin, fetch: this.host.fetch, headers: () => ({ authorization: `Bearer ${token}` }) });
    }

    /** The value as JSON with `--json`, otherwise the text made for people. */
    async print(value: unknown, text: () => string): Promise<void> {
        await this.host.write(this.options.json ? `${JSON.stringify(value, undefined, 2)}\n` : text());
    }

    /** For people only, beside the output: progress, hints. */
    note(text: string): void {
        if (!this.options.json) {
            this.host.writeError(`${text}\n`);
        }
    }

    /** Asks the person at the terminal. @throws CliError `usage` with `otherwise` when there is none */
    async ask(question: string, otherwise: string): Promise<string> {
        if (!this.host.isTerminal) {
            throw new CliError(otherwise, EXIT_CODES.usage);
        }
        const lines = createInterface({ input: this.host.stdin, output: process.stderr });
        try {
            return (await lines.question(question, { signal: this.host.signal })).trim();
        } finally {
            lines.close();
        }
    }

    /** All of standard input, for secrets that must not stand in a command line. */
    async readStdin(): Promise<string> {
        let text = '';
        for await (const chunk of this.host.stdin) {
            text += String(chunk);
        }
        return text.trim();
    }
}
