import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import * as Y from 'yjs';
import { RawClient } from './raw-client.ts';
import { waitFor } from './wait-for.ts';

const main = new URL('../src/main.ts', import.meta.url).pathname;

// One listener for each start, and a test starts hundreds.
process.setMaxListeners(0);

/** The server in a process of its own, so that it can be killed. */
export async function startProcess(...args: string[]): Promise<{ child: ChildProcess; url: string }> {
    const all = [
        '--disable-warning=ExperimentalWarning',
        main,
        '--auth',
        'none',
        ...(args.includes('--port') ? [] : ['--port', '0']),
        ...args,
    ];
    const child = spawn(process.execPath, all, { stdio: ['ignore', 'pipe', 'inherit'] });
    // A test that fails leaves nothing running.
    process.once('exit', () => child.kill('SIGKILL'));
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const url = /^COLLAB READY (ws:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1];
    if (url === undefined) {
        throw new Error(`The server said: ${line}`);
    }
    return { child, url };
}

/** Clocks by client that a room must have reached. */
export type Oracle = Map<string, Map<number, number>>;

/** What the server at `url` lacks of what was acknowledged in a room. */
export async function missingFrom(url: string, room: string, wanted: ReadonlyMap<number, number>): Promise<string[]> {
    const reader = new RawClient(url, room);
    await waitFor('the document', () => reader.synced);
    const vector = Y.decodeStateVector(Y.encodeStateVectorFromUpdate(Y.mergeUpdates(reader.updates)));
    reader.close();
    return [...wanted]
        .filter(([client, clock]) => (vector.get(client) ?? 0) < clock)
        .map(([client, clock]) => `client ${client}: ${vector.get(client) ?? 0} of ${clock}`);
}

/** Types as fast as it is acknowledged, in a window, and remembers what was acknowledged. */
export class Typist {
    readonly doc: Y.Doc;
    /** The document's clock after each update that was sent. */
    readonly sent: number[] = [];
    client: RawClient | undefined;
    readonly room: string;
    private stopped = false;

    constructor(room: string, clientId: number) {
        this.room = room;
        this.doc = new Y.Doc();
        this.doc.clientID = clientId;
    }

    /** Updates that were acknowledged on this connection, in order: the server answers in the order of arrival. */
    run(url: string): void {
        const client = new RawClient(url, this.room);
        this.client = client;
        const first = this.sent.length;
        client.socket.once('open', () => {
            for (let index = 0; index < 8; index++) {
                this.type();
            }
        });
        client.onAcknowledged = () => {
            this.acknowledgedTotal = first + client.acknowledged;
            if (!this.stopped) {
                this.type();
            }
        };
    }

    /** Types no more; what was sent may still be acknowledged. */
    stop(): void {
        this.stopped = true;
    }

    /** Notes what was acknowledged; what was merely sent does not count. */
    note(oracle: Oracle): void {
        const room = oracle.get(this.room) ?? new Map<number, number>();
        room.set(this.doc.clientID, this.sent[this.acknowledgedTotal - 1] ?? 0);
        oracle.set(this.room, room);
    }

    acknowledgedTotal = 0;

    private type(): void {
        const text = this.doc.getText('t');
        const before = Y.encodeStateVector(this.doc);
        text.insert(text.length, `${this.doc.clientID}:${this.sent.length};`);
        const update = Y.encodeStateAsUpdate(this.doc, before);
        this.sent.push(Y.getState(this.doc.store, this.doc.clientID));
        this.client?.update(update);
    }
}
