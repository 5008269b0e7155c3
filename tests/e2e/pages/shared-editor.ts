import { expect, type Page } from '@playwright/test';
import { patient } from '../fixtures/patience.ts';

/** What a page knows of one shared file. */
export interface SharedState {
    /** The editor's text, with its line endings. */
    readonly editor: string;
    /** The document's text. */
    readonly shared: string;
    readonly dirty: boolean;
    /** How often editor and document differed. */
    readonly violations: number;
    /** `synced`: in step with the collaboration server. */
    readonly collab: string;
}

/** Reads the page's own objects of a shared file; nothing else shows a whole text. */
export function sharedState(page: Page, name: string): Promise<SharedState | undefined> {
    return page.evaluate((fileName) => {
        interface Document {
            readonly model: { readonly uri: string; readonly dirty: boolean; readonly textEditorModel: { getValue(): string } };
            readonly text: { toString(): string };
            readonly violations: number;
            readonly collab: { readonly state: string };
        }
        interface Container {
            readonly _bindingDictionary: { readonly _map: Map<{ readonly name?: string }, unknown> };
            get(token: unknown): { readonly documents: Document[] };
        }
        const { container } = (window as unknown as { theia: { container: Container } }).theia;
        const token = [...container._bindingDictionary._map.keys()].find((key) => /^_?SharedDocuments$/.test(key?.name ?? ''));
        const found = container.get(token).documents.find(({ model }) => decodeURIComponent(model.uri).endsWith(`/${fileName}`));
        return (
            found && {
                editor: found.model.textEditorModel.getValue(),
                shared: found.text.toString(),
                dirty: found.model.dirty,
                violations: found.violations,
                collab: found.collab.state,
            }
        );
    }, name);
}

/** Waits until all pages show the same text of a file, and checks that each editor has what its document has. */
export async function sameText(pages: readonly Page[], name: string): Promise<string> {
    let text = '';
    await expect
        .poll(
            async () => {
                const states = await Promise.all(pages.map((page) => sharedState(page, name)));
                text = states[0]?.editor ?? '';
                const same = states.every((state) => state?.editor === text && withEndingsOf(text, state.shared) === text);
                return same ? 'the same everywhere' : states;
            },
            { timeout: patient(20_000) },
        )
        .toBe('the same everywhere');
    for (const page of pages) {
        expect((await sharedState(page, name))?.violations).toBe(0);
    }
    return text;
}

const withEndingsOf = (text: string, shared: string): string => (text.includes('\r\n') ? shared.replaceAll('\n', '\r\n') : shared);
