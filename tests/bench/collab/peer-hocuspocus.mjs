// Runs one version of Hocuspocus: `node peer-hocuspocus.mjs <package> <port> [tuned]`. Tuned: edits of 5 ms share a frame where
// the version can do that, and text is not checked twice.
const [packageName, port, tuned] = process.argv.slice(2);
const { Server } = await import(packageName);
const websocketOptions = tuned ? { perMessageDeflate: false, skipUTF8Validation: true, clientTracking: false } : undefined;
const options = { port: Number(port), address: '127.0.0.1', quiet: true, stopOnSignals: true };
// Version 3 takes them as an argument of its own, version 4 among the others.
const server = new Server(tuned ? { ...options, flushDelay: 5, websocketOptions } : options, websocketOptions);
await server.listen();
