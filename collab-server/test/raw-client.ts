import { WebSocket } from 'ws';
import * as encoding from 'lib0/encoding';
import * as decoding from 'lib0/decoding';

/** Hocuspocus framing without a document: exact control over what is sent, exact counts of what was acknowledged. */
export class RawClient {
    readonly socket: WebSocket;
    acknowledged = 0;
    refused = 0;
    closeCode: number | undefined;
    authenticated = false;
    readonly updates: Uint8Array[] = [];
    readonly presence: Uint8Array[] = [];
    readonly stateless: string[] = [];
    synced = false;
    onAcknowledged: (() => void) | undefined;
    readonly room: string;

    constructor(url: string, room: string, token = '') {
        this.room = room;
        this.socket = new WebSocket(`${url}/hocuspocus`);
        this.socket.binaryType = 'nodebuffer';
        this.socket.on('error', () => undefined);
        this.socket.on('close', (code) => (this.closeCode = code));
        this.socket.on('open', () => {
            this.send((encoder) => {
                encoding.writeVarUint(encoder, 2);
                encoding.writeVarUint(encoder, 0);
                encoding.writeVarString(encoder, token);
            });
            this.step1(Uint8Array.of(0));
        });
        this.socket.on('message', (data: Buffer) => this.receive(data));
    }

    step1(vector: Uint8Array): void {
        this.sync(0, vector);
    }

    update(bytes: Uint8Array): void {
        this.sync(2, bytes);
    }

    sync(subtype: number, bytes: Uint8Array): void {
        this.send((encoder) => {
            encoding.writeVarUint(encoder, 0);
            encoding.writeVarUint(encoder, subtype);
            encoding.writeVarUint8Array(encoder, bytes);
        });
    }

    sendPresence(clientId: number, clock: number, state: unknown): void {
        const body = encoding.createEncoder();
        encoding.writeVarUint(body, 1);
        encoding.writeVarUint(body, clientId);
        encoding.writeVarUint(body, clock);
        encoding.writeVarString(body, JSON.stringify(state));
        this.send((encoder) => {
            encoding.writeVarUint(encoder, 1);
            encoding.writeVarUint8Array(encoder, encoding.toUint8Array(body));
        });
    }

    sendStateless(text: string): void {
        this.send((encoder) => {
            encoding.writeVarUint(encoder, 5);
            encoding.writeVarString(encoder, text);
        });
    }

    send(write: (encoder: encoding.Encoder) => void): void {
        const encoder = encoding.createEncoder();
        encoding.writeVarString(encoder, this.room);
        write(encoder);
        this.socket.send(encoding.toUint8Array(encoder));
    }

    close(): void {
        this.socket.terminate();
    }

    private receive(data: Buffer): void {
        const decoder = decoding.createDecoder(data);
        decoding.readVarString(decoder);
        switch (decoding.readVarUint(decoder)) {
            case 0: {
                const subtype = decoding.readVarUint(decoder);
                const value = decoding.readVarUint8Array(decoder);
                if (subtype !== 0) {
                    this.updates.push(value.slice());
                    this.synced ||= subtype === 1;
                }
                return;
            }
            case 1:
                this.presence.push(decoding.readVarUint8Array(decoder).slice());
                return;
            case 2:
                this.authenticated = decoding.readVarUint(decoder) === 2;
                return;
            case 5:
                this.stateless.push(decoding.readVarString(decoder));
                return;
            case 8:
                if (decoding.readVarUint(decoder) === 1) {
                    this.acknowledged++;
                    this.onAcknowledged?.();
                } else {
                    this.refused++;
                }
        }
    }
}
