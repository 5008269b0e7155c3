// Runs one version of Hocuspocus: `node peer-hocuspocus.mjs <package> <port>`.
const [packageName, port] = process.argv.slice(2);
const { Server } = await import(packageName);
const server = new Server({ port: Number(port), address: '127.0.0.1', quiet: true, stopOnSignals: true });
await server.listen();
