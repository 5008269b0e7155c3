/**
 * Which extensions of code-server are not taken over. Dropped: what needs accounts of a vendor, artificial helpers, notebooks
 * (left out of Tandem on purpose), what only serves people who write VS Code extensions, and what Theia does itself.
 */
export const DROPPED_EXTENSIONS = new Set([
    'extension-editing',
    'github',
    'github-authentication',
    'grunt',
    'gulp',
    'ipynb',
    'jake',
    'mermaid-chat-features',
    'microsoft-authentication',
    'ms-vscode.js-debug-companion',
    'node_modules',
    'notebook-renderers',
    'prompt-basics',
    'simple-browser',
    'terminal-suggest',
    'tunnel-forwarding',
]);

/** Extensions that look for TypeScript in `../node_modules`; they get a folder of their own around them for it. */
export const NEEDS_TYPESCRIPT = new Set(['typescript-language-features', 'html-language-features']);
