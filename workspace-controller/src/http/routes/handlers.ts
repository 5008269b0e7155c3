import type { OperationId } from '@tandem/protocol';
import type { Handlers } from '../api-context.ts';
import { accountHandlers } from './account.ts';
import { auditHandlers } from './audit.ts';
import { grantHandlers } from './grants.ts';
import { peopleHandlers } from './people.ts';
import { platformHandlers } from './platform.ts';
import { sessionHandlers } from './session.ts';
import { teamHandlers } from './teams.ts';
import { templateHandlers } from './templates.ts';
import { workspaceHandlers } from './workspaces.ts';

/** A handler for every operation of the table; the type makes a missing one an error. */
export const handlers: Handlers<OperationId> = {
    ...platformHandlers,
    ...sessionHandlers,
    ...accountHandlers,
    ...peopleHandlers,
    ...teamHandlers,
    ...templateHandlers,
    ...workspaceHandlers,
    ...grantHandlers,
    ...auditHandlers,
};
