import type { CreateWorkspace } from '@tandem/protocol';
import { readGitAddress } from '../../logic/git-address.ts';

/** What stands in the fields of a new workspace. */
export interface CreateDraft {
    address: string;
    ref: string;
    displayName: string;
    template: string;
    team: string;
}

export const EMPTY_DRAFT: CreateDraft = { address: '', ref: '', displayName: '', template: '', team: '' };

/**
 * The request that a draft stands for.
 *
 * @returns `undefined` when something is in the address field that is no git address
 */
export function requestOf(draft: CreateDraft): CreateWorkspace | undefined {
    const typed = draft.address.trim();
    const address = readGitAddress(typed);
    if (typed !== '' && address === undefined) {
        return undefined;
    }
    const ref = draft.ref.trim() || address?.ref;
    return {
        ...(draft.displayName.trim() === '' ? {} : { displayName: draft.displayName.trim() }),
        ...(draft.template === '' ? {} : { template: draft.template }),
        ...(address === undefined ? {} : { source: { url: address.url, ...(ref === undefined ? {} : { ref }) } }),
    };
}
