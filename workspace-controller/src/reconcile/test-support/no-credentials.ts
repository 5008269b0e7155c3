import type { CredentialProvider } from '../../events.ts';

/** Of people who have neither passwords nor a key. */
export const noCredentials: CredentialProvider = {
    git: () => Promise.resolve({ refused: 'none here' }),
    sshKey: () => Promise.resolve({}),
    sshSign: () => Promise.resolve({ refused: 'none here' }),
};
