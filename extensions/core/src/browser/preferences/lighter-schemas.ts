import { JsonSchemaDataStore } from '@theia/core/lib/browser/json-schema-store';
import type { IJSONSchema } from '@theia/core/lib/common/json-schema';
import type { Disposable } from '@theia/core/lib/common/disposable';
import type {
    DefaultValueChangedEvent,
    PreferenceDataProperty,
    PreferenceSchema,
} from '@theia/core/lib/common/preferences/preference-schema';
import { PreferenceSchemaServiceImpl } from '@theia/core/lib/common/preferences/preference-schema-service';
import { PreferenceServiceImpl } from '@theia/core/lib/common/preferences/preference-service';
import type { PreferenceProviderDataChange } from '@theia/core/lib/common/preferences/preference-provider';
import { PreferenceLanguageOverrideService } from '@theia/core/lib/common/preferences/preference-language-override-service';
import type URI from '@theia/core/lib/common/uri';
import { inject, injectable } from '@theia/core/shared/inversify';

/*
 * Eighty languages times some hundred settings that each of them may override: stock Theia keeps, sends and writes out every one
 * of these pairs whenever a setting gets a default, which is most of what loading the extensions costs. Here a language counts
 * from the moment that a file of it is open, and schemas are written out when somebody reads them.
 */

const OVERRIDE_DEFINITION = 'languageOverride';

/** The languages of the open files. Before the editor is there none is open. */
@injectable()
export class LanguagesInUse {
    /** Set by who knows: settings are there long before editors, which need them. */
    read: () => Iterable<string> = () => [];
}

/** One schema for the settings of a language, which all languages refer to. */
@injectable()
export class LighterPreferenceSchemas extends PreferenceSchemaServiceImpl {
    @inject(LanguagesInUse) protected readonly languages: LanguagesInUse;

    /**
     * Nobody can have asked for a setting that was not there, so a new one has not changed. The extension hosts that run have to
     * learn of all of them, which they do with any change: one for each schema tells them.
     */
    override addSchema(schema: PreferenceSchema): Disposable {
        const emitter = this.defaultValueChangedEmitter;
        const fire = emitter.fire.bind(emitter);
        let first: DefaultValueChangedEvent | undefined;
        emitter.fire = (event) => (first ??= event);
        try {
            return super.addSchema(schema);
        } finally {
            emitter.fire = fire;
            if (first) {
                fire(first);
            }
        }
    }

    override addOverrideToJsonSchema(language: string): void {
        for (const scope of this.validScopes) {
            const { properties } = this.jsonSchemas[scope] as Required<IJSONSchema>;
            properties[`[${language}]`] = { type: 'object', $ref: `#/definitions/${OVERRIDE_DEFINITION}` };
        }
    }

    protected override setJSONSchemaProperty(schema: IJSONSchema, key: string, property: PreferenceDataProperty): void {
        const { scope: _scope, overridable, ...described } = property;
        const value = { ...described, default: this.getDefaultValue(key, undefined) } as IJSONSchema;
        (schema.properties as Record<string, IJSONSchema>)[key] = value;
        if (overridable) {
            overridesOf(schema)[key] = value;
        }
    }

    protected override deleteFromJSONSchemas(key: string): void {
        for (const scope of this.validScopes) {
            const schema = this.jsonSchemas[scope] as IJSONSchema;
            delete schema.properties?.[key];
            delete overridesOf(schema)[key];
        }
    }

    protected override changeFor(...args: Parameters<PreferenceSchemaServiceImpl['changeFor']>): DefaultValueChangedEvent {
        const [key, overrideIdentifier, overrides, oldValue, newValue] = args;
        const otherAffectedOverrides = overrideIdentifier ? [] : [...new Set(this.languages.read())].filter((id) => !overrides?.has(id));
        return { key, overrideIdentifier, otherAffectedOverrides, oldValue, newValue };
    }
}

function overridesOf(schema: IJSONSchema): Record<string, IJSONSchema> {
    schema.definitions ??= {};
    const definition = (schema.definitions[OVERRIDE_DEFINITION] ??= { type: 'object', properties: {}, additionalProperties: false });
    return definition.properties as Record<string, IJSONSchema>;
}

/** Tells of a language's settings only when a file of that language is open. */
@injectable()
export class LighterPreferences extends PreferenceServiceImpl {
    @inject(LanguagesInUse) protected readonly languages: LanguagesInUse;

    protected override getAffectedPreferenceNames(change: PreferenceProviderDataChange, accept: (preferenceName: string) => void): void {
        accept(change.preferenceName);
        if (
            this.overriddenPreferenceName(change.preferenceName) ||
            !this.schemaService.getSchemaProperty(change.preferenceName)?.overridable
        ) {
            return;
        }
        for (const overrideIdentifier of new Set(this.languages.read())) {
            const name = this.overridePreferenceName({ preferenceName: change.preferenceName, overrideIdentifier });
            if (!this.doHas(name)) {
                accept(name);
            }
        }
    }
}

/** Asked for every setting by every listener: most names are no language's, which the first character tells. */
@injectable()
export class LighterLanguageOverrides extends PreferenceLanguageOverrideService {
    override overriddenPreferenceName(name: string): ReturnType<PreferenceLanguageOverrideService['overriddenPreferenceName']> {
        return name.startsWith('[') ? super.overriddenPreferenceName(name) : undefined;
    }
}

/** Writes a schema out when it is read: some of them are megabytes and are only read when their file is opened. */
@injectable()
export class LazyJsonSchemas extends JsonSchemaDataStore {
    private readonly pending = new Map<string, IJSONSchema>();

    override hasSchema(uri: URI): boolean {
        return this.pending.has(uri.toString()) || super.hasSchema(uri);
    }

    override getSchema(uri: URI): string | undefined {
        const schema = this.pending.get(uri.toString());
        return schema === undefined ? super.getSchema(uri) : JSON.stringify(schema);
    }

    override setSchema(uri: URI, schema: IJSONSchema | string): void {
        if (typeof schema === 'string') {
            this.pending.delete(uri.toString());
            super.setSchema(uri, schema);
        } else {
            this.pending.set(uri.toString(), schema);
            this.notifySchemaUpdate(uri);
        }
    }

    override deleteSchema(uri: URI): void {
        if (this.pending.delete(uri.toString())) {
            this.notifySchemaUpdate(uri);
        } else {
            super.deleteSchema(uri);
        }
    }
}
