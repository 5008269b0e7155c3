import type { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { inject, injectable } from '@theia/core/shared/inversify';
import * as monaco from '@theia/monaco-editor-core';
import { MonacoTextmateService } from '@theia/monaco/lib/browser/textmate/monaco-textmate-service';
import { TextmateRegistry, type TextmateGrammarConfiguration } from '@theia/monaco/lib/browser/textmate/textmate-registry';
import type { DeployedPlugin, LanguageContribution } from '@theia/plugin-ext/lib/common/plugin-protocol';
import { PluginContributionHandler } from '@theia/plugin-ext/lib/main/browser/plugin-contribution-handler';
import { assetUrl } from '../boot/boot-data';

export interface BundledGrammar {
    readonly scope: string;
    readonly language?: string;
    readonly file: string;
    readonly format: 'json' | 'plist';
    readonly injectTo?: readonly string[];
    readonly embeddedLanguages?: Record<string, string>;
    readonly tokenTypes?: Record<string, string>;
    readonly balancedBracketScopes?: string[];
    readonly unbalancedBracketScopes?: string[];
}

/** Written by `ide/build/languages.mjs` from the extensions that ship with the IDE. */
export interface BundledLanguagesManifest {
    readonly languages: readonly LanguageContribution[];
    readonly grammars: readonly BundledGrammar[];
}

export const BundledLanguagesToken = Symbol('BundledLanguages');

/** What the handler keeps to itself but we need in the very same form. */
interface HandlerInternals {
    injections: Map<string, string[]>;
    convertEmbeddedLanguages(
        languages: Record<string, string> | undefined,
        warn: (text: string) => void,
    ): TextmateGrammarConfiguration['embeddedLanguages'];
    convertTokenTypes(types: Record<string, string> | undefined): TextmateGrammarConfiguration['tokenTypes'];
}

/**
 * Registers the languages of the bundled extensions before any extension is loaded, so that the first file has its colours at
 * once. A grammar is fetched when a file first needs it. The backend leaves these languages out of what it says about the
 * bundled extensions (`bundled-language-filter.ts`).
 */
@injectable()
export class BundledLanguages implements FrontendApplicationContribution {
    @inject(BundledLanguagesToken) protected readonly manifest: BundledLanguagesManifest;
    @inject(PluginContributionHandler) protected readonly handler: PluginContributionHandler;
    @inject(TextmateRegistry) protected readonly registry: TextmateRegistry;
    @inject(MonacoTextmateService) protected readonly textmate: MonacoTextmateService;

    initialize(): void {
        this.registerLanguages();
        this.manifest.grammars.forEach((grammar) => this.registerGrammar(grammar));
        this.manifest.grammars.forEach(({ language }) => language && this.textmate.activateLanguage(language));
    }

    /** Brackets, comments and indentation of a language are set up when a file first needs them. */
    protected registerLanguages(): void {
        this.contribute(this.manifest.languages.map((language) => ({ ...language, configuration: undefined })));
        for (const { id, configuration } of this.manifest.languages) {
            if (configuration) {
                monaco.languages.onLanguageEncountered(id, () => this.contribute([{ id, configuration }]));
            }
        }
    }

    private contribute(languages: readonly LanguageContribution[]): void {
        const plugin = { metadata: { model: { id: 'tandem.bundled-languages' } }, contributes: { languages } } as unknown as DeployedPlugin;
        this.handler.handleContributions('tandem', plugin);
    }

    protected registerGrammar(grammar: BundledGrammar): void {
        const handler = this.handler as unknown as HandlerInternals;
        for (const scope of grammar.injectTo ?? []) {
            handler.injections.set(scope, [...(handler.injections.get(scope) ?? []), grammar.scope]);
        }
        this.registry.registerTextmateGrammarScope(grammar.scope, {
            getGrammarDefinition: async () => ({
                format: grammar.format,
                content: await this.fetchGrammar(grammar),
                location: grammar.file,
            }),
            getInjections: (scope) => handler.injections.get(scope) ?? [],
        });
        const { language } = grammar;
        // Two extensions may describe one language (C++ has a grammar for macros alone); the first one is the language's.
        if (language && !this.registry.getScope(language)) {
            this.registry.mapLanguageIdToTextmateGrammar(language, grammar.scope);
            this.registry.registerGrammarConfiguration(language, {
                embeddedLanguages: handler.convertEmbeddedLanguages(grammar.embeddedLanguages, () => undefined),
                tokenTypes: handler.convertTokenTypes(grammar.tokenTypes),
                balancedBracketSelectors: grammar.balancedBracketScopes ?? ['*'],
                unbalancedBracketSelectors: grammar.unbalancedBracketScopes,
            });
        }
    }

    protected async fetchGrammar({ file, format }: BundledGrammar): Promise<object | string> {
        const response = await fetch(assetUrl(`grammars/${encodeURIComponent(file)}`));
        if (!response.ok) {
            throw new Error(`The grammar ${file} could not be loaded: ${response.status}`);
        }
        return format === 'json' ? ((await response.json()) as object) : response.text();
    }
}
