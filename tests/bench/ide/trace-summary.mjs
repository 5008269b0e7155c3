/** Reads a trace of Chromium: who kept the page's main thread busy. */

const LONG_TASK_US = 50_000;

/**
 * @param {string} bundle text of the page's bundle, in esbuild's format
 * @returns {(line: number, column: number) => string} the module that a place in the bundle came from
 */
export function moduleLocator(bundle) {
    const lines = [0];
    for (let index = bundle.indexOf('\n'); index !== -1; index = bundle.indexOf('\n', index + 1)) {
        lines.push(index + 1);
    }
    const modules = [...bundle.matchAll(/(?:__commonJS|__esm)\(\{"([^"]+)"/g)].map((match) => [match.index, match[1]]);
    return (line, column) => {
        const offset = (lines[line] ?? 0) + column;
        if (offset < (modules[0]?.[0] ?? 0)) {
            return '(evaluation of modules)';
        }
        let low = 0;
        let high = modules.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (modules[middle][0] <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return modules[low]?.[1].replace(/^(\.\.\/)*node_modules\//, '') ?? '?';
    };
}

const packageOf = (module) => module.split('/', module.startsWith('@') ? 2 : 1).join('/');

/**
 * @param {object[]} events of the trace
 * @param {ReturnType<typeof moduleLocator>} moduleAt
 * @returns {{busyMs: number, packages: [string, number][], functions: [string, number][], tasks: [string, number][]}} largest
 *          first, tasks in order of time; milliseconds of the clock
 */
export function summarise(events, moduleAt) {
    const navigation = events.findLast(({ name, args }) => name === 'navigationStart' && /^http/.test(args?.data?.documentLoaderURL ?? ''));
    const { pid, ts: start } = navigation;
    const mainThread = events.find(({ name, pid: of, args }) => name === 'thread_name' && of === pid && args.name === 'CrRendererMain').tid;
    const profiles = new Map(
        events
            .filter(({ name, pid: of, tid }) => name === 'Profile' && of === pid && tid === mainThread)
            .map(({ id, args }) => [id, { time: args.data.startTime, nodes: new Map() }]),
    );
    const packages = new Map();
    const functions = new Map();
    const add = (map, key, value) => map.set(key, (map.get(key) ?? 0) + value / 1000);
    let busyUs = 0;
    for (const { id, pid: of, args } of events.filter(({ name }) => name === 'ProfileChunk')) {
        const profile = of === pid ? profiles.get(id) : undefined;
        if (!profile) {
            continue;
        }
        for (const { id: node, parent, callFrame } of args.data.cpuProfile?.nodes ?? []) {
            const module = callFrame.url?.endsWith('/bundle.js')
                ? moduleAt(callFrame.lineNumber, callFrame.columnNumber)
                : callFrame.functionName || '(other)';
            profile.nodes.set(node, { module, name: `${callFrame.functionName || '(anonymous)'} · ${module}`, parent });
        }
        (args.data.cpuProfile?.samples ?? []).forEach((sample, index) => {
            const deltaUs = args.data.timeDeltas[index];
            profile.time += deltaUs;
            let node = profile.nodes.get(sample);
            if (profile.time < start || node.module === '(idle)') {
                return;
            }
            busyUs += deltaUs;
            add(packages, packageOf(node.module), deltaUs);
            const seen = new Set();
            for (; node; node = profile.nodes.get(node.parent)) {
                if (!seen.has(node.name) && !node.name.startsWith('(root)')) {
                    seen.add(node.name);
                    add(functions, node.name, deltaUs);
                }
            }
        });
    }
    const largestFirst = (map) => [...map].sort((a, b) => b[1] - a[1]);
    const tasks = events
        .filter(
            ({ name, pid: of, tid, ts, dur }) =>
                /RunTask$/.test(name) && of === pid && tid === mainThread && ts >= start && dur > LONG_TASK_US,
        )
        .map(({ ts, dur }) => [`at ${Math.round((ts - start) / 1000)}`, dur / 1000]);
    return { busyMs: busyUs / 1000, packages: largestFirst(packages), functions: largestFirst(functions), tasks };
}
