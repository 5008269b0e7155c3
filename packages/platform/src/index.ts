export { runPlatform } from './run-platform.ts';
