export * from './api-error.ts';
export * from './client.ts';
export * from './events.ts';
export * from './paginate.ts';
export { type ApiClientOptions, type CallParts } from './request.ts';
export { type Route, routes } from './routes.ts';
export { ApiStream } from './stream.ts';
