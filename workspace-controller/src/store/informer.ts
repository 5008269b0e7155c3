import type { AnyResource, Kind, ResourceOf } from '@tandem/protocol';
import { AppError, Emitter, type Clock, type Logger } from '@tandem/server-kit';
import type { ResourceStore, Watch, WatchEvent } from './resource-store.ts';

const REWATCH_MS = 500;
const keyOf = (namespace: string, name: string): string => `${namespace}/${name}`;

/** All objects of some kinds in memory, kept by a watch. What a caller has just written it hands to `apply`, to read it at once. */
export class Informer {
    private readonly store: ResourceStore;
    private readonly kinds: readonly Kind[];
    private readonly clock: Clock;
    private readonly logger: Logger;
    private readonly objects = new Map<Kind, Map<string, AnyResource>>();
    private readonly emitter = new Emitter<WatchEvent>();
    private seenVersion = '0';
    private lostAtMs: number | undefined;
    private watch: Watch | undefined;
    private stopped = false;

    /** Every change, after it can be read here. */
    readonly onDidChange = this.emitter.event;

    constructor(store: ResourceStore, kinds: readonly Kind[], clock: Clock, logger: Logger) {
        this.store = store;
        this.kinds = kinds;
        this.clock = clock;
        this.logger = logger;
        kinds.forEach((kind) => this.objects.set(kind, new Map()));
    }

    /** Resolves when everything is in memory. */
    async start(): Promise<void> {
        const version = await this.relist();
        this.watch = await this.store.watch({ kinds: this.kinds, since: version });
        void this.follow();
    }

    /** What has been seen of the store: a watch from here misses nothing that is not here. */
    get version(): string {
        return this.seenVersion;
    }

    /** For how long nothing has been heard of the store, in milliseconds; 0 while it is listened to. */
    get silentForMs(): number {
        return this.lostAtMs === undefined ? 0 : this.clock.now() - this.lostAtMs;
    }

    get<K extends Kind>(kind: K, namespace: string, name: string): ResourceOf<K> | undefined {
        return this.objects.get(kind)?.get(keyOf(namespace, name)) as ResourceOf<K> | undefined;
    }

    all<K extends Kind>(kind: K): ResourceOf<K>[] {
        return [...(this.objects.get(kind)?.values() ?? [])] as ResourceOf<K>[];
    }

    /** Reads one object anew, for a caller whose copy turned out to be old; false when there is none any more. */
    async refresh(kind: Kind, namespace: string, name: string): Promise<boolean> {
        const object = await this.store.get(kind, namespace, name);
        if (object !== undefined) {
            this.apply(object);
        }
        return object !== undefined;
    }

    /** Takes over the answer of a write; a kind that is not kept here is nothing to it. */
    apply(object: AnyResource): void {
        const objects = this.objects.get(object.kind);
        if (objects === undefined) {
            return;
        }
        const known = this.get(object.kind, object.metadata.namespace, object.metadata.name);
        if (known === undefined && !isNewer(object.metadata.resourceVersion, this.seenVersion)) {
            // The watch is past this write and does not know the object: it was deleted meanwhile.
            return;
        }
        if (known === undefined || isNewer(object.metadata.resourceVersion, known.metadata.resourceVersion)) {
            objects.set(keyOf(object.metadata.namespace, object.metadata.name), object);
            this.emitter.fire({ type: known ? 'modified' : 'added', kind: object.kind, object, version: object.metadata.resourceVersion });
        }
    }

    stop(): void {
        this.stopped = true;
        this.watch?.close();
    }

    private async relist(): Promise<string> {
        // The oldest of the lists' versions: a watch from there repeats some events, and misses none.
        let oldest: string | undefined;
        const events: WatchEvent[] = [];
        for (const kind of this.kinds) {
            const { items, version } = await this.store.list(kind);
            oldest = oldest === undefined || isNewer(oldest, version) ? version : oldest;
            const fresh = new Map(items.map((item) => [keyOf(item.metadata.namespace, item.metadata.name), item as AnyResource]));
            const before = this.objects.get(kind)!;
            this.objects.set(kind, fresh);
            const gone = [...before].filter(([key]) => !fresh.has(key)).map(([, object]) => object);
            events.push(...gone.map((object): WatchEvent => ({ type: 'deleted', kind, object, version })));
            for (const [key, object] of fresh) {
                const known = before.get(key);
                if (known?.metadata.resourceVersion !== object.metadata.resourceVersion) {
                    events.push({ type: known === undefined ? 'added' : 'modified', kind, object, version });
                }
            }
        }
        // Told only when everything is there: who looks at a workspace looks at its owner and template too.
        this.seenVersion = oldest ?? this.seenVersion;
        events.forEach((event) => this.emitter.fire(event));
        return this.seenVersion;
    }

    private async follow(): Promise<void> {
        while (!this.stopped) {
            try {
                for await (const event of this.watch!) {
                    this.take(event);
                }
            } catch (error) {
                this.logger.warn({ err: error }, 'watch ended');
            }
            if (!this.stopped) {
                this.lostAtMs ??= this.clock.now();
                await new Promise<void>((resolve) => void this.clock.setTimeout(resolve, REWATCH_MS));
                await this.rewatch();
            }
        }
    }

    private async rewatch(): Promise<void> {
        try {
            this.watch = await this.store.watch({ kinds: this.kinds, since: await this.relist() });
            this.lostAtMs = undefined;
        } catch (error) {
            this.logger.warn({ err: error, code: error instanceof AppError ? error.code : undefined }, 'watch could not be renewed');
        }
    }

    private take(event: WatchEvent): void {
        this.seenVersion = event.version;
        const objects = this.objects.get(event.kind)!;
        const key = keyOf(event.object.metadata.namespace, event.object.metadata.name);
        const known = objects.get(key);
        const sameObject = known?.metadata.uid === event.object.metadata.uid;
        if (event.type === 'deleted') {
            if (known !== undefined && (sameObject || isNewer(event.version, known.metadata.resourceVersion))) {
                objects.delete(key);
                this.emitter.fire(event);
            }
        } else if (known === undefined || isNewer(event.version, known.metadata.resourceVersion)) {
            objects.set(key, event.object);
            this.emitter.fire(event);
        }
    }
}

/** Resource versions are decimal counters in every store (Kubernetes promises their order since 1.35). */
function isNewer(a: string, b: string): boolean {
    return a.length !== b.length ? a.length > b.length : a > b;
}
