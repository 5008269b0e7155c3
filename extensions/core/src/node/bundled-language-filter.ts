import { BackendApplicationPath } from '@theia/core/lib/node/backend-application';
import { injectable } from '@theia/core/shared/inversify';
import type { PluginContribution, PluginPackage } from '@theia/plugin-ext/lib/common/plugin-protocol';
import { VsCodePluginScanner } from '@theia/plugin-ext-vscode/lib/node/scanner-vscode';
import path from 'node:path';

/** Extensions below this folder have their languages and grammars in the page already. */
const bundledFolder = path.join(BackendApplicationPath, 'plugins') + path.sep;

/** Says nothing about languages of bundled extensions: their grammars would be most of what the page has to load at its start. */
@injectable()
export class BundledLanguageFilter extends VsCodePluginScanner {
    override async getContribution(plugin: PluginPackage): Promise<PluginContribution | undefined> {
        const contributes = plugin.contributes;
        if (!contributes || !plugin.packagePath.startsWith(bundledFolder)) {
            return super.getContribution(plugin);
        }
        return super.getContribution({ ...plugin, contributes: { ...contributes, languages: undefined, grammars: undefined } });
    }
}
