export * from './app-error.ts';
export * from './clock.ts';
export * from './config.ts';
export * from './directory-lock.ts';
export * from './disposable.ts';
export * from './lifecycle.ts';
export * from './logger.ts';
export * from './sqlite/sqlite-database.ts';
