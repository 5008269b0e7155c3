import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { Emitter } from './emitter.ts';

const MESSAGE = { sync: 0, awareness: 1, auth: 2, stateless: 5, close: 7, syncStatus: 8 } as const;
const AUTH = { token: 0, denied: 1, authenticated: 2 } as const;
const SYNC = { step1: 0, step2: 1, update: 2 } as const;
const ROSTER_REQUEST = '{"tandem":"roster"}';
/** Cursor moves closer together than this share a message. */
const PRESENCE_PAUSE_MS = 30;

/**
 * `connecting`: not in sync with the server. `synced`: in sync. `denied`: the server does not let us in. `reset`: the
 * document was rewritten on the server; close it, forget the `Y.Doc` and open it again.
 */
export type DocumentState = 'connecting' | 'synced' | 'denied' | 'reset' | 'closed';

/** Who stands behind a client id, as the server knows it. */
export interface RosterMember {
    readonly clientId: number;
    readonly subject: string;
    readonly name?: string;
    readonly access: 'read' | 'comment' | 'write';
}

/** What a document needs of its socket. */
export interface DocumentTransport {
    send(message: Uint8Array): boolean;
    token(): Promise<string | undefined>;
    forget(document: CollabDocument): void;
}

/** One Yjs document on a shared socket. */
export class CollabDocument {
    readonly name: string;
    readonly doc: Y.Doc;
    readonly awareness: Awareness;
    private readonly transport: DocumentTransport;
    private readonly ownsAwareness: boolean;
    private currentState: DocumentState = 'connecting';
    private isReadOnly = false;
    /** Sent on this connection and not acknowledged. */
    private waiting = 0;
    /** Whether there are local edits that no acknowledgement covers, sent or not. */
    private hasUncovered = false;
    /** The server refused an edit, so that what we show is not what it has. */
    private hasRefused = false;
    private lastDurable = true;
    private members: readonly RosterMember[] = [];
    private deniedReason: string | undefined;
    private readonly stateEmitter = new Emitter<DocumentState>();
    private readonly durableEmitter = new Emitter<boolean>();
    private readonly rosterEmitter = new Emitter<readonly RosterMember[]>();
    private readonly refusedEmitter = new Emitter<void>();
    private presenceTimer: ReturnType<typeof setTimeout> | undefined;
    /** Grows with each connection, so that a late token is not sent on the next one. */
    private connection = 0;
    private online = false;

    readonly onDidChangeState = this.stateEmitter.event;
    /** Whether every local edit is on the server's disk. */
    readonly onDidChangeDurable = this.durableEmitter.event;
    readonly onDidChangeRoster = this.rosterEmitter.event;
    /** An edit was refused as a whole (read-only, too large); this document and the server's have parted. */
    readonly onDidRefuse = this.refusedEmitter.event;

    constructor(transport: DocumentTransport, name: string, doc: Y.Doc, awareness?: Awareness) {
        this.transport = transport;
        this.name = name;
        this.doc = doc;
        this.ownsAwareness = awareness === undefined;
        this.awareness = awareness ?? new Awareness(doc);
        doc.on('update', this.handleUpdate);
        this.awareness.on('update', this.handlePresence);
    }

    get state(): DocumentState {
        return this.currentState;
    }

    /** Whether every local edit so far survives a crash of the server. */
    get durable(): boolean {
        return !this.hasUncovered && !this.hasRefused;
    }

    get readOnly(): boolean {
        return this.isReadOnly;
    }

    /** Client ids and who they are; names in `awareness` are what clients say of themselves. */
    get roster(): readonly RosterMember[] {
        return this.members;
    }

    /** Why the server did not let us in. */
    get denied(): string | undefined {
        return this.deniedReason;
    }

    /** Resolves when in sync; rejects when that cannot be. */
    whenSynced(): Promise<void> {
        return this.until(() => this.currentState === 'synced', this.onDidChangeState);
    }

    /** Resolves when every local edit so far is durable. */
    whenDurable(): Promise<void> {
        return this.until(() => this.durable, this.onDidChangeDurable);
    }

    /** Leaves the room. The `Y.Doc` stays with you. */
    close(): void {
        if (this.currentState === 'closed') {
            return;
        }
        clearTimeout(this.presenceTimer);
        this.doc.off('update', this.handleUpdate);
        this.awareness.off('update', this.handlePresence);
        if (this.online) {
            this.send((encoder) => {
                encoding.writeVarUint(encoder, MESSAGE.close);
                encoding.writeVarString(encoder, 'closed');
            });
        }
        this.transport.forget(this);
        this.goOffline();
        if (this.ownsAwareness) {
            this.awareness.destroy();
        }
        this.setState('closed');
    }

    /** The socket is open. */
    connect(): void {
        if (this.currentState === 'reset' || this.currentState === 'closed') {
            return;
        }
        this.online = true;
        this.deniedReason = undefined;
        this.hasRefused = false;
        this.setState('connecting');
        void this.introduce(++this.connection);
    }

    /** The socket is gone. */
    disconnect(): void {
        if (this.currentState === 'closed') {
            return;
        }
        this.goOffline();
        if (this.currentState === 'synced') {
            this.setState('connecting');
        }
    }

    private goOffline(): void {
        this.online = false;
        this.connection++;
        this.waiting = 0;
        const others = [...this.awareness.getStates().keys()].filter((id) => id !== this.doc.clientID);
        removeAwarenessStates(this.awareness, others, this);
    }

    /** Presents the token, then says what we have. */
    private async introduce(connection: number): Promise<void> {
        const token = await this.transport.token();
        if (connection !== this.connection || !this.online) {
            return;
        }
        this.sendToken(token);
        this.send((encoder) => {
            encoding.writeVarUint(encoder, MESSAGE.sync);
            encoding.writeVarUint(encoder, SYNC.step1);
            encoding.writeVarUint8Array(encoder, Y.encodeStateVector(this.doc));
        });
        if (this.awareness.getLocalState() !== null) {
            // Others take a state only with a clock above 0.
            this.awareness.setLocalState(this.awareness.getLocalState());
            this.sendPresence();
        }
        this.send((encoder) => {
            encoding.writeVarUint(encoder, MESSAGE.stateless);
            encoding.writeVarString(encoder, ROSTER_REQUEST);
        });
    }

    private async renew(connection: number): Promise<void> {
        const token = await this.transport.token();
        if (connection === this.connection && this.online) {
            this.sendToken(token);
        }
    }

    private sendToken(token: string | undefined): void {
        this.send((encoder) => {
            encoding.writeVarUint(encoder, MESSAGE.auth);
            encoding.writeVarUint(encoder, AUTH.token);
            encoding.writeVarString(encoder, token ?? '');
        });
    }

    /** Handles a message whose address was read. */
    receive(decoder: decoding.Decoder): void {
        switch (decoding.readVarUint(decoder)) {
            case MESSAGE.sync:
                this.receiveSync(decoder);
                return;
            case MESSAGE.awareness:
                applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), this);
                return;
            case MESSAGE.auth:
                this.receiveAuth(decoder);
                return;
            case MESSAGE.stateless:
                this.receiveStateless(decoding.readVarString(decoder));
                return;
            case MESSAGE.syncStatus:
                this.acknowledge(decoding.readVarUint(decoder) === 1);
                return;
            case MESSAGE.close:
                this.online = false;
                this.setState('reset');
                return;
        }
    }

    private receiveSync(decoder: decoding.Decoder): void {
        const subtype = decoding.readVarUint(decoder);
        const value = decoding.readVarUint8Array(decoder);
        if (subtype === SYNC.step1) {
            // Whatever we have over the server, edits made offline included; its acknowledgement covers all of them.
            this.sendEdit(SYNC.step2, Y.encodeStateAsUpdate(this.doc, value));
            return;
        }
        Y.applyUpdate(this.doc, value, this);
        if (subtype === SYNC.step2) {
            this.setState('synced');
        }
    }

    private receiveAuth(decoder: decoding.Decoder): void {
        switch (decoding.readVarUint(decoder)) {
            case AUTH.token:
                void this.renew(this.connection);
                return;
            case AUTH.denied:
                this.deniedReason = decoding.readVarString(decoder);
                this.online = false;
                this.setState('denied');
                return;
            case AUTH.authenticated:
                this.isReadOnly = decoding.readVarString(decoder) === 'readonly';
                return;
        }
    }

    private receiveStateless(text: string): void {
        let message: { tandem?: unknown; members?: RosterMember[] };
        try {
            message = JSON.parse(text) as typeof message;
        } catch {
            return;
        }
        if (message.tandem === 'roster' && Array.isArray(message.members)) {
            this.members = message.members;
            this.rosterEmitter.fire(this.members);
        }
    }

    private acknowledge(taken: boolean): void {
        this.waiting = Math.max(0, this.waiting - 1);
        if (!taken) {
            this.hasRefused = true;
            this.fireDurable();
            this.refusedEmitter.fire();
            return;
        }
        if (this.waiting === 0) {
            this.hasUncovered = false;
            this.fireDurable();
        }
    }

    private readonly handleUpdate = (update: Uint8Array, origin: unknown): void => {
        if (origin === this) {
            return;
        }
        this.hasUncovered = true;
        this.fireDurable();
        // Before we are in sync the server's SyncStep1 will fetch it.
        if (this.online && (this.waiting > 0 || this.currentState === 'synced')) {
            this.sendEdit(SYNC.update, update);
        }
    };

    private sendEdit(subtype: number, update: Uint8Array): void {
        this.waiting++;
        this.send((encoder) => {
            encoding.writeVarUint(encoder, MESSAGE.sync);
            encoding.writeVarUint(encoder, subtype);
            encoding.writeVarUint8Array(encoder, update);
        });
    }

    private readonly handlePresence = (_change: unknown, origin: unknown): void => {
        if (origin === this || origin === 'timeout') {
            return;
        }
        this.presenceTimer ??= setTimeout(() => this.sendPresence(), PRESENCE_PAUSE_MS);
    };

    private sendPresence(): void {
        clearTimeout(this.presenceTimer);
        this.presenceTimer = undefined;
        if (this.online && this.awareness.meta.has(this.doc.clientID)) {
            this.send((encoder) => {
                encoding.writeVarUint(encoder, MESSAGE.awareness);
                encoding.writeVarUint8Array(encoder, encodeAwarenessUpdate(this.awareness, [this.doc.clientID]));
            });
        }
    }

    private send(write: (encoder: encoding.Encoder) => void): void {
        const encoder = encoding.createEncoder();
        encoding.writeVarString(encoder, this.name);
        write(encoder);
        this.transport.send(encoding.toUint8Array(encoder));
    }

    private setState(state: DocumentState): void {
        if (state !== this.currentState) {
            this.currentState = state;
            this.stateEmitter.fire(state);
        }
    }

    private fireDurable(): void {
        if (this.durable !== this.lastDurable) {
            this.lastDurable = this.durable;
            this.durableEmitter.fire(this.durable);
        }
    }

    private until(isTrue: () => boolean, change: (listener: () => void) => { dispose(): void }): Promise<void> {
        return new Promise((resolve, reject) => {
            const check = () => {
                if (isTrue()) {
                    subscriptions.forEach((subscription) => subscription.dispose());
                    resolve();
                } else if (this.currentState === 'denied' || this.currentState === 'reset' || this.currentState === 'closed') {
                    subscriptions.forEach((subscription) => subscription.dispose());
                    reject(
                        new Error(`The document ${this.name} is ${this.currentState}${this.deniedReason ? `: ${this.deniedReason}` : ''}`),
                    );
                }
            };
            const subscriptions: { dispose(): void }[] = [];
            subscriptions.push(change(check), this.onDidChangeState(check));
            check();
        });
    }
}
