// One measurement in a process of its own, on a core of its own: reads its task from standard input, prints the result.
import { readFileSync } from 'node:fs';
import { cpuNs } from './servers.mjs';
import { edits, joinStorm, presence, replicas } from './workloads.mjs';

const task = JSON.parse(readFileSync(0, 'utf8'));
const memory = (field) => Number(readFileSync(`/proc/${task.pid}/status`, 'utf8').match(new RegExp(`${field}:\\s+(\\d+)`))[1]) * 1024;
const options = {
    ...task.options,
    cpuNs: () => cpuNs(task.pid),
    cpuNsOf: cpuNs,
    rssBytes: () => memory('VmRSS'),
    peakRssBytes: () => memory('VmHWM'),
    update: task.options.updateFile && readFileSync(task.options.updateFile),
};
const result = await { edits, presence, joinStorm, replicas }[task.workload](task.target, options);
process.stdout.write(JSON.stringify(result));
process.exit(0);
