import { FrontendApplicationContribution } from '@theia/core/lib/browser';
import { JsonSchemaDataStore } from '@theia/core/lib/browser/json-schema-store';
import { PreferenceLanguageOverrideService } from '@theia/core/lib/common/preferences/preference-language-override-service';
import { PreferenceSchemaServiceImpl } from '@theia/core/lib/common/preferences/preference-schema-service';
import { PreferenceServiceImpl } from '@theia/core/lib/common/preferences/preference-service';
import { inject, injectable, type interfaces } from '@theia/core/shared/inversify';
import { MonacoTextModelService } from '@theia/monaco/lib/browser/monaco-text-model-service';
import { LanguagesInUse, LazyJsonSchemas, LighterLanguageOverrides, LighterPreferences, LighterPreferenceSchemas } from './lighter-schemas';

@injectable()
class OpenLanguages implements FrontendApplicationContribution {
    @inject(MonacoTextModelService) protected readonly texts: MonacoTextModelService;
    @inject(LanguagesInUse) protected readonly languages: LanguagesInUse;

    initialize(): void {
        this.languages.read = () => this.texts.models.map(({ languageId }) => languageId);
    }
}

export function bindLighterPreferences(bind: interfaces.Bind, rebind: interfaces.Rebind): void {
    bind(LanguagesInUse).toSelf().inSingletonScope();
    rebind(PreferenceSchemaServiceImpl).to(LighterPreferenceSchemas).inSingletonScope();
    rebind(PreferenceServiceImpl).to(LighterPreferences).inSingletonScope();
    rebind(PreferenceLanguageOverrideService).to(LighterLanguageOverrides).inSingletonScope();
    rebind(JsonSchemaDataStore).to(LazyJsonSchemas).inSingletonScope();
    bind(FrontendApplicationContribution).to(OpenLanguages).inSingletonScope();
}
