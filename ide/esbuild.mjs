/**
 * How the application is bundled. `gen-esbuild.*.mjs` come from Theia's generator and know which packages take part; here is what
 * Tandem does differently.
 */
import esbuild from 'esbuild';
import { browserOptions } from './gen-esbuild.browser.mjs';
import { nodeOptions } from './gen-esbuild.node.mjs';

const ide = import.meta.dirname;

/** Fonts are fetched when something is drawn with them, not carried in the style sheet; the icons of the first screen are. */
const FONT_LOADERS = { '.eot': 'file', '.woff': 'file', '.woff2': 'file' };

/** Forms of a font for browsers that have not been made for ten years. */
const oldFonts = {
    name: 'tandem:old-fonts',
    setup(build) {
        build.onLoad({ filter: /fontawesome-webfont\.(eot|svg|ttf|woff)$/ }, () => ({ contents: '', loader: 'dataurl' }));
    },
};

const HASHED_ENTRIES = ['bundle', 'editor.worker'];

/**
 * @param {{staging: string, frontend: string}} folders staging: gets the files that are served under the build's hash;
 *        frontend: the ones with fixed names.
 */
export async function bundle({ staging, frontend }) {
    const entries = Object.entries(browserOptions.entryPoints);
    const pick = (hashed) => Object.fromEntries(entries.filter(([name]) => HASHED_ENTRIES.includes(name) === hashed));
    const [first, ...others] = browserOptions.plugins;
    const withoutMatcher = first.name === 'esbuild-problem-matcher' ? others : browserOptions.plugins;
    const common = {
        ...browserOptions,
        absWorkingDir: ide,
        // Evaluation is 0.1 to 0.2 s faster with the identifiers kept (see docs/ide-startup-profile.md).
        minify: false,
        minifySyntax: true,
        minifyWhitespace: true,
        define: { 'process.env.NODE_ENV': '"production"' },
        legalComments: 'none',
        logLevel: 'error',
    };
    const copying = (plugin) => plugin.name === 'plugin:copy';
    await Promise.all([
        esbuild.build({
            ...common,
            entryPoints: pick(true),
            outdir: staging,
            assetNames: '[name]-[hash]',
            loader: { ...browserOptions.loader, ...FONT_LOADERS },
            plugins: [oldFonts, ...withoutMatcher.filter((plugin) => !copying(plugin))],
        }),
        esbuild.build({ ...common, minify: true, entryPoints: pick(false), outdir: frontend, plugins: withoutMatcher }),
        esbuild.build({
            ...nodeOptions,
            absWorkingDir: ide,
            logLevel: 'error',
            legalComments: 'none',
            minify: false,
            minifySyntax: true,
            minifyWhitespace: true,
            plugins: nodeOptions.plugins.filter((plugin) => plugin.name !== 'esbuild-problem-matcher'),
        }),
    ]);
}
