import type { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { ThemeService } from '@theia/core/lib/browser/theming';
import { inject, injectable } from '@theia/core/shared/inversify';

/** Read by the script in `ide/resources/index.html` before the first paint. */
const STORAGE_KEY = 'tandem.shell';

/** Remembers whether the theme is dark, so that the next start begins in the right colours. */
@injectable()
export class ThemeMemory implements FrontendApplicationContribution {
    @inject(ThemeService) protected readonly themes: ThemeService;

    onStart(): void {
        const remember = (): void => {
            const { type } = this.themes.getCurrentTheme();
            window.localStorage.setItem(STORAGE_KEY, type === 'dark' || type === 'hc' ? 'dark' : 'light');
        };
        this.themes.onDidColorThemeChange(remember);
        remember();
    }
}
