import type { DebugConfiguration } from '@theia/debug/lib/common/debug-configuration';

interface DefaultConfiguration {
    readonly languages: readonly string[];
    readonly configuration: DebugConfiguration;
}

const base = { request: 'launch', cwd: '${workspaceFolder}' } as const;

/** What is run when there is no launch.json: the file in front. Programs that have to be built first need a launch.json. */
const DEFAULTS: readonly DefaultConfiguration[] = [
    {
        languages: ['javascript', 'typescript', 'javascriptreact', 'typescriptreact'],
        configuration: { ...base, type: 'node', name: 'Run current file', program: '${file}', skipFiles: ['<node_internals>/**'] },
    },
    { languages: ['python'], configuration: { ...base, type: 'debugpy', name: 'Run current file', program: '${file}' } },
    { languages: ['go'], configuration: { ...base, type: 'go', name: 'Run current package', mode: 'debug', program: '${fileDirname}' } },
];

/** @param language identifier of the language of the file in front. */
export function defaultConfiguration(language: string | undefined): DebugConfiguration | undefined {
    return DEFAULTS.find(({ languages }) => language !== undefined && languages.includes(language))?.configuration;
}
