import type { Clock } from '@tandem/server-kit';

/** TCP ports that processes of a workspace listen on. */
export type ListeningPorts = (workspaceUid: string) => Promise<readonly { port: number; process: string }[]>;

/** An answer is used for this long: a page asks for dozens of files at once. */
const REUSE_MS = 1_000;

/** Says whether a port is served, asking the runtime at most once per workspace and second. */
export class PortListeners {
    private readonly listeningPorts: ListeningPorts;
    private readonly clock: Clock;
    private readonly platformPorts: ReadonlySet<number>;
    private readonly known = new Map<string, { answer: Promise<readonly { port: number; process: string }[]>; askedAtMs: number }>();

    /** @param platformPorts ports of Tandem itself, which no workspace's host ever leads to */
    constructor(options: { listeningPorts: ListeningPorts; clock: Clock; platformPorts: readonly number[] }) {
        this.listeningPorts = options.listeningPorts;
        this.clock = options.clock;
        this.platformPorts = new Set(options.platformPorts);
    }

    async isServed(workspaceUid: string, port: number): Promise<boolean> {
        if (this.platformPorts.has(port)) {
            return false;
        }
        return (await this.of(workspaceUid)).some((listener) => listener.port === port);
    }

    /** Ports to offer instead. */
    async of(workspaceUid: string): Promise<readonly { port: number; process: string }[]> {
        const now = this.clock.now();
        const known = this.known.get(workspaceUid);
        if (known && now - known.askedAtMs >= 0 && now - known.askedAtMs < REUSE_MS) {
            return known.answer;
        }
        for (const [uid, entry] of this.known) {
            if (now - entry.askedAtMs >= REUSE_MS) {
                this.known.delete(uid);
            }
        }
        const answer = this.listeningPorts(workspaceUid).then((listeners) =>
            listeners.filter((listener) => !this.platformPorts.has(listener.port)),
        );
        this.known.set(workspaceUid, { answer, askedAtMs: now });
        answer.catch(() => this.known.delete(workspaceUid));
        return answer;
    }
}
