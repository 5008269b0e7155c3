export { readControllerConfig, type ControllerConfig } from './config.ts';
export type { ControllerContext, Programs } from './context.ts';
export { startController, type CollabPart, type ControllerOptions, type RunningController } from './service.ts';
export { restoreBackup } from './backup/restore-backup.ts';
export { findFreePort } from './server/listen.ts';
