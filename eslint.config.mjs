import js from '@eslint/js';
import tseslint from 'typescript-eslint';

/*
 * Style is Prettier's. Lint holds what the compiler cannot: who may import whom (CONTRIBUTING.md), promises that nobody
 * waits for, and the habits that keep files small and tests honest.
 */

const forbid = (regex, message, options = {}) => ({ regex, message, ...options });

/* Bounds between the parts of the tree. */
const bounds = {
    insides: forbid('^@tandem/(?!core-extension)[^/]+/(src|lib)(/|$)', 'Import the package, not its inside.'),
    outOfPackage: forbid(
        '(^|/)(packages|workspace-controller|collab-server|extensions)/[^/]+/(src|lib)/',
        'Import another package by its name.',
    ),
    services: forbid('^@tandem/(workspace-controller|collab-server|platform)(/|$)', 'Only packages/platform knows the services.'),
    serverKit: forbid('^@tandem/server-kit(/|$)', 'server-kit is for server processes only.'),
    ourPackages: forbid('^@tandem/', 'protocol stands below everything and imports nothing of ours.'),
    node: forbid('^node:', 'This code runs in browsers too.'),
    theia: forbid('^@theia/', 'Only extensions and the IDE know Theia.'),
    cluster: forbid('^@kubernetes/', 'The cluster is reached through the controller.'),
    shared: forbid(
        '^(inversify|react|react-dom|react-dom/.*|@lumino/.*|lodash.*|vscode-(languageserver-protocol|uri|ws-jsonrpc))$',
        'Import it from @theia/core/shared/*, so that there is one copy.',
    ),
    extensionInside: forbid(
        '^@tandem/[^/]+-extension/lib/(browser|node|electron)',
        "Of another extension only lib/common is public; core's lib/browser and lib/node too.",
        {},
    ),
};

/** One `no-restricted-imports` for some files: later blocks replace earlier ones, so each names all that holds for it. */
const imports = (files, patterns, ignores = []) => ({
    files,
    ignores,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
});

const TESTS = ['**/*.test.{ts,tsx}', '**/test/**', 'tests/**', '**/*contract*.ts', '**/testing/**', '**/*under-test.ts'];
const SERVICE = [bounds.insides, bounds.outOfPackage, bounds.services, bounds.theia];
const ADAPTERS = forbid(
    '(^|/)(store|database|audit|runtime)/((sqlite|kubernetes|postgres|local)([-/].*)?)$',
    'Adapters are made in context.ts; depend on the port.',
    { allowTypeImports: true },
);
const EFFECTS = forbid(
    '^node:(fs|net|http|https|child_process|worker_threads|sqlite|os)',
    'Rules of the domain are pure: take values, return values.',
);
const ABOVE_DOMAIN = forbid('^\\.\\./(?!domain|resources)', 'The domain depends on nothing above it.', { allowTypeImports: true });

export default tseslint.config(
    {
        ignores: [
            '**/node_modules/**',
            '**/lib/**',
            '**/dist/**',
            '**/coverage/**',
            '**/src-gen/**',
            '**/gen-esbuild.*',
            'ide/plugins/**',
            'ide/.browser_modules/**',
            '.cache/**',
            'test-results/**',
            'playwright-report/**',
            '!scripts/lib/**',
        ],
    },
    js.configs.recommended,
    ...tseslint.configs.recommended,
    {
        linterOptions: { reportUnusedDisableDirectives: 'error' },
        rules: {
            eqeqeq: 'error',
            'no-console': 'off',
            'max-lines': ['error', { max: 400 }],
            'no-empty': ['error', { allowEmptyCatch: false }],
            'object-shorthand': 'error',
            'prefer-const': ['error', { destructuring: 'all' }],
            '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none' }],
            '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
            // A type and the schema it is made from carry one name.
            'no-redeclare': 'off',
            '@typescript-eslint/no-redeclare': 'off',
            '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
        },
    },
    {
        files: ['**/*.{js,mjs,cjs}'],
        // Scripts run as written: the compiler does not tell undefined names there, Node does at once.
        rules: { 'no-undef': 'off', '@typescript-eslint/no-require-imports': 'off' },
    },

    {
        // Typed rules only where the types are at hand (the folders of tsconfig.json) and only those that find lost work.
        files: ['{packages/*,workspace-controller,collab-server,extensions/*}/src/**/*.{ts,tsx}'],
        ignores: TESTS,
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            '@typescript-eslint/no-floating-promises': ['error', { ignoreVoid: true }],
            '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, attributes: false } }],
            '@typescript-eslint/await-thenable': 'error',
            '@typescript-eslint/only-throw-error': 'error',
        },
    },

    imports(['**/*.ts', '**/*.tsx'], [bounds.insides]),
    imports(['packages/protocol/src/**'], [bounds.ourPackages, bounds.node], TESTS),
    imports(['packages/server-kit/src/**'], SERVICE),
    imports(['packages/api-client/src/**'], [...SERVICE, bounds.serverKit, bounds.node], TESTS),
    imports(['packages/collab-client/src/**'], [...SERVICE, bounds.serverKit], TESTS),
    imports(['packages/cli/src/**'], [...SERVICE, bounds.serverKit]),
    imports(['packages/platform/**'], [bounds.insides, bounds.theia]),
    imports(['workspace-controller/portal/src/**'], [...SERVICE, bounds.serverKit, bounds.node]),
    imports(['workspace-controller/{src,test}/**', 'collab-server/{src,test}/**'], SERVICE),
    imports(['{workspace-controller,collab-server}/src/{http,reconcile,gateway,room}/**'], [...SERVICE, ADAPTERS], TESTS),
    imports(['{workspace-controller,collab-server}/src/domain/**'], [...SERVICE, ADAPTERS, EFFECTS, ABOVE_DOMAIN], TESTS),
    imports(['extensions/**', 'ide/**'], [bounds.services, bounds.serverKit, bounds.cluster, bounds.shared, bounds.extensionInside]),
    imports(
        ['extensions/*/src/common/**'],
        [
            bounds.services,
            bounds.serverKit,
            bounds.cluster,
            bounds.shared,
            bounds.node,
            forbid('(^|/)\\.\\./(browser|node)/', 'common is imported by browser and node, never the other way.'),
        ],
        TESTS,
    ),
    imports(
        ['extensions/*/src/browser/**'],
        [
            bounds.services,
            bounds.serverKit,
            bounds.cluster,
            bounds.shared,
            bounds.node,
            forbid('(^|/)\\.\\./node/', 'The browser reaches the backend by RPC.'),
        ],
        TESTS,
    ),
    imports(
        ['extensions/*/src/node/**'],
        [bounds.services, bounds.cluster, bounds.shared, forbid('(^|/)\\.\\./browser/', 'The backend never imports the browser side.')],
        TESTS,
    ),

    {
        // One table, as long as the API.
        files: ['packages/protocol/src/operations.ts'],
        rules: { 'max-lines': 'off' },
    },
    {
        // One place per service reads the environment.
        files: ['{workspace-controller,collab-server}/src/**/*.ts'],
        ignores: [...TESTS, '**/config.ts', '**/main.ts'],
        rules: {
            'no-restricted-properties': [
                'error',
                { object: 'process', property: 'env', message: 'config.ts alone reads the environment; take the value as an argument.' },
            ],
        },
    },
    {
        files: TESTS,
        rules: {
            'no-restricted-syntax': [
                'error',
                { selector: "CallExpression[callee.property.name='waitForTimeout']", message: 'Wait for a condition, never for time.' },
                {
                    selector: "MemberExpression[object.name=/^(it|test|describe)$/][property.name='only']",
                    message: 'This would skip all other tests.',
                },
            ],
            '@typescript-eslint/no-non-null-assertion': 'off',
            // Playwright wants to see that a fixture needs no other.
            'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
        },
    },
);
