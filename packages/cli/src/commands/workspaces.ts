import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { listAll } from '@tandem/api-client';
import type { Workspace, WorkspaceState } from '@tandem/protocol';
import type { CommandContext } from '../command-context.ts';
import { CliError, EXIT_CODES } from '../exit-codes.ts';
import type { CliHost } from '../host.ts';
import { group, leaf } from '../leaf.ts';
import { relativeTime, table } from '../output.ts';
import { wholeNumber } from '../values.ts';
import { waitForWorkspace } from '../wait-for-workspace.ts';
import { findWorkspace, paramsOf } from '../workspace-lookup.ts';
import { openCommand } from './open.ts';

interface WaitFlags {
    wait?: boolean;
    timeout: number;
}

const withWait = (command: Command): Command =>
    command
        .option('--wait', 'return when it is done, showing what happens')
        .option('--timeout <seconds>', 'how long --wait waits; then it ends with 6', wholeNumber(1, 86_400), 600);

export const workspacesCommand = (host: CliHost): Command =>
    group('workspaces', 'your workspaces', [
        listCommand(host),
        createCommand(host),
        openCommand(host),
        changeCommand(host, 'hibernate', 'stop a workspace and keep its files', 'hibernated'),
        changeCommand(host, 'resume', 'start a hibernated workspace', 'running'),
        deleteCommand(host),
        logsCommand(host),
    ]).alias('ws');

const listCommand = (host: CliHost): Command =>
    leaf<{ all?: boolean }>(
        host,
        'list',
        'workspaces you can open',
        (command) => command.option('--all', 'everybody’s (admins)'),
        async (context, options) => {
            const client = context.client();
            const page = await listAll((cursor) => client.listWorkspaces({ query: { cursor, limit: 1000, all: options.all } }));
            await context.print({ items: page.items }, () => describe(page.items, host.now()));
        },
    );

function describe(workspaces: readonly Workspace[], nowMs: number): string {
    const rows = workspaces.map(({ metadata, spec, status }) => [
        metadata.name,
        spec.displayName,
        status.state,
        status.branch ?? '–',
        spec.owner,
        relativeTime(status.lastActivityAt ?? metadata.createdAt, nowMs),
    ]);
    return (
        table(['NAME', 'TITLE', 'STATE', 'BRANCH', 'OWNER', 'ACTIVE'], rows) ||
        'No workspaces. "tandem workspaces create --repo URL" makes one.\n'
    );
}

interface CreateOptions extends WaitFlags {
    repo?: string;
    ref?: string;
    template?: string;
    name?: string;
    title?: string;
    team?: string;
}

const createCommand = (host: CliHost): Command =>
    leaf<CreateOptions>(
        host,
        'create',
        'make a workspace from a git repository, from a template, or empty',
        (command) =>
            withWait(
                command
                    .option('--repo <url>', 'git repository to clone')
                    .option('--ref <ref>', 'branch, tag or commit instead of the default branch')
                    .option('--template <name>', 'template to make it from')
                    .option('--name <name>', 'its name, part of its address for ever (otherwise made from the repository’s)')
                    .option('--title <text>', 'how it is shown')
                    .option('--team <name>', 'team it belongs to (otherwise your first)'),
            ),
        async (context, options) => {
            if (options.ref !== undefined && options.repo === undefined) {
                throw new CliError('--ref needs --repo.', EXIT_CODES.usage);
            }
            const client = context.client();
            const created = await client.createWorkspace({
                params: { team: options.team ?? (await firstTeam(context)) },
                body: {
                    name: options.name,
                    displayName: options.title,
                    template: options.template,
                    source: options.repo === undefined ? undefined : { url: options.repo, ref: options.ref },
                },
                idempotencyKey: randomUUID(),
                signal: host.signal,
            });
            const workspace = options.wait ? await wait(context, created, 'running', options) : created;
            await context.print(workspace, () => `${workspace.metadata.name}\n`);
        },
    );

async function firstTeam(context: CommandContext): Promise<string> {
    const { teams } = await context.client().getSession();
    if (teams[0] === undefined) {
        throw new CliError('You are in no team. Ask an admin to add you to one.', EXIT_CODES.forbidden);
    }
    return teams[0].name;
}

async function wait(context: CommandContext, workspace: Workspace, until: WorkspaceState, flags: WaitFlags): Promise<Workspace> {
    let shown = '';
    return waitForWorkspace(context.client(), workspace, {
        until,
        timeoutMs: flags.timeout * 1000,
        signal: context.host.signal,
        onChange: ({ status }) => {
            const stage = status.stages.findLast((candidate) => candidate.endedAt === undefined);
            const place = status.queuePosition === undefined ? '' : `, place ${status.queuePosition}`;
            const step = stage === undefined || until !== 'running' ? '' : ` · ${stage.stage}${stage.detail ? `: ${stage.detail}` : ''}`;
            const line = `${status.state}${place}${step}`;
            if (line !== shown) {
                context.note(line);
                shown = line;
            }
        },
    });
}

const changeCommand = (host: CliHost, verb: 'hibernate' | 'resume', description: string, until: WorkspaceState): Command =>
    leaf<WaitFlags>(host, `${verb} <name>`, description, withWait, async (context, options, name = '') => {
        const client = context.client();
        const params = paramsOf(await findWorkspace(client, name));
        const changed = verb === 'resume' ? await client.resumeWorkspace({ params }) : await client.hibernateWorkspace({ params });
        const workspace = options.wait ? await wait(context, changed, until, options) : changed;
        await context.print(workspace, () => `${workspace.metadata.name} ${options.wait ? `is ${until}` : `will be ${until}`}.\n`);
    });

const deleteCommand = (host: CliHost): Command =>
    leaf<{ yes?: boolean }>(
        host,
        'delete <name>',
        'delete a workspace and all its files',
        (command) => command.option('--yes', 'do not ask'),
        async (context, options, name = '') => {
            const client = context.client();
            const workspace = await findWorkspace(client, name);
            const { name: confirmName } = workspace.metadata;
            const uncommitted = workspace.status.uncommittedFiles ?? 0;
            if (!options.yes) {
                const loss = uncommitted > 0 ? `Its files, ${uncommitted} of them with changes that are not committed,` : 'Its files';
                const typed = await context.ask(
                    `${loss} will be gone for good. Type ${confirmName} to delete it: `,
                    `Deleting ${confirmName} needs --yes where nobody can be asked.`,
                );
                if (typed !== confirmName) {
                    throw new CliError(`"${typed}" is not ${confirmName}. Nothing was deleted.`, EXIT_CODES.usage);
                }
            }
            await client.deleteWorkspace({ params: paramsOf(workspace), body: { confirmName } });
            await context.print({ name: confirmName, deleted: true }, () => `${confirmName} is being deleted.\n`);
        },
    );

const logsCommand = (host: CliHost): Command =>
    leaf(
        host,
        'logs <name>',
        'what a workspace said while it was prepared and since',
        () => undefined,
        async (context, _options, name = '') => {
            const client = context.client();
            const log = await client.getWorkspaceLog({ params: paramsOf(await findWorkspace(client, name)) });
            await context.print(log, () => (log.text === '' || log.text.endsWith('\n') ? log.text : `${log.text}\n`));
        },
    );
