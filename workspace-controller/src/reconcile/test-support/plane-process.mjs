// Runs the control plane on a data directory until it is killed, and says what it has acknowledged.
import { startPlane } from './plane-under-test.ts';

const [directory, round, seedText] = process.argv.slice(2);
let seed = Number(seedText);
const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const { plane, store } = await startPlane({ directory, poolSize: 1 });
say({ started: true });
const mine = [];
for (let index = 0; ; index++) {
    const roll = random();
    if (mine.length < 2 || roll < 0.5) {
        const name = random() < 0.5 ? `r${round}-${index}-x` : undefined;
        const workspace = await plane.createWorkspace({ team: 'home', owner: 'ada', body: { name } });
        mine.push(workspace.metadata.name);
        say({ created: workspace.metadata.name });
    } else {
        const name = mine.splice(Math.floor(random() * mine.length), 1)[0];
        const workspace = await store.get('Workspace', 'team-home', name);
        if (roll < 0.8) {
            say({ deleting: name });
            await store.delete({ kind: 'Workspace', namespace: 'team-home', name });
        } else if (workspace) {
            await store.update({ ...workspace, spec: { ...workspace.spec, operatingMode: 'Hibernated' } }).catch(() => undefined);
        }
    }
    await new Promise((resolve) => setTimeout(resolve, 100 + random() * 300));
}
