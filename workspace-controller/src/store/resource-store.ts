import type { AnyResource, Kind, ResourceOf } from '@tandem/protocol';

/** Which object. `namespace` is `INSTALL_NAMESPACE` for users, teams and templates, the team's for the others. */
export interface ObjectKey {
    kind: Kind;
    namespace: string;
    name: string;
}

export interface ListOptions {
    namespace?: string;
    /** Labels that must all match. */
    labels?: Record<string, string>;
    limit?: number;
    cursor?: string;
}

export interface ListResult<K extends Kind> {
    items: ResourceOf<K>[];
    nextCursor?: string;
    /** Resource version of the snapshot; a watch from here misses nothing. */
    version: string;
}

export interface WatchEvent {
    type: 'added' | 'modified' | 'deleted';
    kind: Kind;
    object: AnyResource;
    version: string;
}

export interface Watch extends AsyncIterable<WatchEvent> {
    close(): void;
}

/** A new object: what the caller chooses; the store fills uid, versions and times. */
export type NewObject<K extends Kind> = {
    kind: K;
    metadata: {
        namespace: string;
        name: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        finalizers?: string[];
    };
    spec: ResourceOf<K>['spec'];
    status: ResourceOf<K>['status'];
};

/**
 * Where resources live (SQLite · Kubernetes). Objects are validated against their kind's schema. All writes carry the
 * resource version they were read with; a stale one fails with `conflict` and changes nothing. The name of a `Workspace`
 * is its host label: it is taken in all namespaces and never given a second time (architecture.md, decision 12).
 */
export interface ResourceStore {
    /** @throws AppError `already-exists`, `invalid-request`, `storage-full` */
    create<K extends Kind>(object: NewObject<K>): Promise<ResourceOf<K>>;
    get<K extends Kind>(kind: K, namespace: string, name: string): Promise<ResourceOf<K> | undefined>;
    /** Ordered by namespace and name. */
    list<K extends Kind>(kind: K, options?: ListOptions): Promise<ListResult<K>>;
    /** Writes metadata (labels, annotations, finalizers) and spec; status is left alone. @throws AppError `conflict`, `not-found`, `invalid-request` */
    update<K extends Kind>(object: ResourceOf<K>): Promise<ResourceOf<K>>;
    /** Writes status only. @throws AppError `conflict`, `not-found`, `invalid-request` */
    updateStatus<K extends Kind>(object: ResourceOf<K>): Promise<ResourceOf<K>>;
    /** Marks for deletion; without finalizers the object goes at once. No error when it is gone already. */
    delete(key: ObjectKey, precondition?: { uid?: string; resourceVersion?: string }): Promise<void>;
    /**
     * Events after `since` (exclusive), for ever; without `since`, from now.
     * @throws AppError `cursor-expired` when `since` is older than what is kept, and from the iteration when its reader falls
     *   too far behind
     */
    watch(options?: { kinds?: readonly Kind[]; since?: string }): Promise<Watch>;
    close(): Promise<void>;
}
