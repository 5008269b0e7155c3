export { AuthenticationError, createJwtAuthenticator, remoteKeys, type Authenticate } from './auth/authenticator.ts';
export type { Identity } from './auth/identity.ts';
export type { HookListeners } from './hooks/hooks.ts';
export { DEFAULT_LIMITS, type Limits } from './limits.ts';
export { SqliteUpdateLog } from './log/sqlite-update-log.ts';
export { UpdateLogError, type UpdateLog } from './log/update-log.ts';
export { CollabService, createCollabService, type CollabServiceOptions } from './service.ts';
