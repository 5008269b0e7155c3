import { BuiltinThemeProvider } from '@theia/core/lib/browser/theming';
import type { Theme } from '@theia/core/lib/common/theme';
import { injectable } from '@theia/core/shared/inversify';
import { MonacoThemeRegistry } from '@theia/monaco/lib/browser/textmate/monaco-theme-registry';
import { tandemDark } from './tandem-dark';
import { tandemLight } from './tandem-light';

const LIGHT: Theme = { id: 'tandem-light', type: 'light', label: 'Tandem Light', editorTheme: 'tandem-light' };
const DARK: Theme = { id: 'tandem-dark', type: 'dark', label: 'Tandem Dark', editorTheme: 'tandem-dark' };

/** Puts our themes among those that are there from the first moment, before Theia's own. To be called before the container is used. */
export function addTandemThemes(): void {
    const themes = BuiltinThemeProvider.themes as Theme[];
    if (!themes.includes(LIGHT)) {
        themes.unshift(LIGHT, DARK);
    }
}

/** Knows the colours of our themes when the first editor is made. */
@injectable()
export class TandemThemeRegistry extends MonacoThemeRegistry {
    override initializeDefaultThemes(): void {
        super.initializeDefaultThemes();
        this.register(tandemLight, {}, LIGHT.editorTheme, 'vs');
        this.register(tandemDark, {}, DARK.editorTheme, 'vs-dark');
    }
}
