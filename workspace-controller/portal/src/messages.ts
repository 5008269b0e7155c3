import { accountMessages } from './messages/account.ts';
import { adminMessages } from './messages/admin.ts';
import { commonMessages } from './messages/common.ts';
import { signInMessages } from './messages/sign-in.ts';
import { workspaceMessages } from './messages/workspaces.ts';

/** Every text of the portal. English is the source; another language is another table of this type. */
export const messages = {
    common: commonMessages,
    signIn: signInMessages,
    workspaces: workspaceMessages,
    account: accountMessages,
    ...adminMessages,
} as const;
