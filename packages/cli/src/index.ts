export { EXIT_CODES, type ExitCode } from './exit-codes.ts';
export { systemHost, type CliHost } from './host.ts';
export { createLoopbackFetch } from './loopback-fetch.ts';
export { runCli } from './run-cli.ts';
export { signInWithLink, type LinkSession } from './sign-in.ts';
