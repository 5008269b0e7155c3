import { nls } from '@theia/core/lib/common/nls';

export interface WelcomeEntry {
    readonly label: string;
    /** Name of a codicon. */
    readonly icon: string;
    readonly command: string;
}

export interface WelcomeSection {
    readonly title: string;
    readonly entries: readonly WelcomeEntry[];
}

/** What a person does first, in the order of a first day. */
export const WELCOME_SECTIONS: readonly WelcomeSection[] = [
    {
        title: nls.localize('tandem/core/continue', 'Continue'),
        entries: [
            { label: nls.localize('tandem/core/openFile', 'Open a file by its name'), icon: 'go-to-file', command: 'file-search.openFile' },
            { label: nls.localize('tandem/core/search', 'Search in all files'), icon: 'search', command: 'search-in-workspace.open' },
            { label: nls.localize('tandem/core/changes', 'See what you changed'), icon: 'source-control', command: 'scmView:toggle' },
            { label: nls.localize('tandem/core/terminal', 'Open a terminal'), icon: 'terminal', command: 'terminal:new' },
        ],
    },
    {
        title: nls.localize('tandem/core/start', 'Start'),
        entries: [
            { label: nls.localize('tandem/core/newFile', 'New file'), icon: 'new-file', command: 'workbench.action.files.pickNewFile' },
            { label: nls.localize('tandem/core/clone', 'Clone a repository'), icon: 'repo-clone', command: 'git.clone' },
            { label: nls.localize('tandem/core/debug', 'Run and debug'), icon: 'debug-alt', command: 'debug:toggle' },
            { label: nls.localize('tandem/core/extensions', 'Add extensions'), icon: 'extensions', command: 'vsxExtensions.toggle' },
        ],
    },
    {
        title: nls.localize('tandem/core/yours', 'Make it yours'),
        entries: [
            { label: nls.localize('tandem/core/palette', 'All commands'), icon: 'list-flat', command: 'workbench.action.showCommands' },
            { label: nls.localize('tandem/core/theme', 'Colour theme'), icon: 'color-mode', command: 'workbench.action.selectTheme' },
            { label: nls.localize('tandem/core/settings', 'Settings'), icon: 'settings-gear', command: 'preferences:open' },
            { label: nls.localize('tandem/core/keys', 'Keyboard shortcuts'), icon: 'keyboard', command: 'keymaps:open' },
        ],
    },
];
