import type { ControllerMessage, WorkspaceMessage } from '@tandem/protocol';
import type { Clock, Logger } from '@tandem/server-kit';
import type { ControlTokenMinter } from '../../events.ts';
import type { Boot } from '../../runtime/workspace-runtime.ts';
import { ControlSession } from './control-session.ts';

export type ActivityReport = Extract<WorkspaceMessage, { type: 'activity' }>;

/** What the controller knows of a workspace over its control socket, besides the resource. */
export interface ControlState {
    session: ControlSession;
    /** Claim generation this boot has acknowledged. */
    activatedGeneration: number | undefined;
    /** The activation this boot was asked for: first and last, in milliseconds since the epoch. */
    activationAsked: { generation: number; sinceMs: number; atMs: number } | undefined;
    /** Why this boot refused its activation. */
    refusal: { code: string; reason: string } | undefined;
    /** The preparation this boot was asked for: attempt number, and how it ended. */
    preparation:
        | { attempt: number; outcome?: { ok: true } | { ok: false; stage: 'cloning' | 'preparing'; code: string; reason: string } }
        | undefined;
    progress: { stage: 'cloning' | 'preparing'; percent?: number; detail?: string } | undefined;
    activity: { report: ActivityReport; atMs: number } | undefined;
    /** When this boot was first seen running, in milliseconds since the epoch. */
    sinceMs: number;
    /** The idle sentence that was last sent. */
    toldIdle: string | undefined;
    /** What the people inside have yet to be told. */
    news: string | undefined;
}

export interface ControlSessionsOptions {
    mintToken: ControlTokenMinter;
    clock: Clock;
    logger: Logger;
    /** Something about this workspace may have changed. */
    onChange: (uid: string) => void;
    /** Messages that are not about activation, preparation or activity. */
    onMessage: (uid: string, message: WorkspaceMessage) => void;
}

/** One control session for each running workspace: the newest boot's. */
export class ControlSessions {
    private readonly options: ControlSessionsOptions;
    private readonly states = new Map<string, ControlState>();

    constructor(options: ControlSessionsOptions) {
        this.options = options;
    }

    get(uid: string): ControlState | undefined {
        return this.states.get(uid);
    }

    /** Dials this boot unless it is dialled already; a session to an older boot is closed. */
    ensure(uid: string, boot: Boot): ControlState {
        const known = this.states.get(uid);
        if (known?.session.boot.bootId === boot.bootId) {
            return known;
        }
        known?.session.close();
        const state: ControlState = {
            session: new ControlSession({
                uid,
                boot,
                mintToken: this.options.mintToken,
                clock: this.options.clock,
                logger: this.options.logger,
                onChange: () => this.options.onChange(uid),
                onMessage: (message) => this.receive(uid, state, message),
            }),
            activatedGeneration: undefined,
            activationAsked: undefined,
            refusal: undefined,
            preparation: undefined,
            progress: undefined,
            activity: undefined,
            sinceMs: this.options.clock.now(),
            toldIdle: undefined,
            news: undefined,
        };
        this.states.set(uid, state);
        return state;
    }

    drop(uid: string): void {
        this.states.get(uid)?.session.close();
        this.states.delete(uid);
    }

    send(uid: string, message: ControllerMessage): boolean {
        return this.states.get(uid)?.session.send(message) ?? false;
    }

    close(): void {
        for (const uid of [...this.states.keys()]) {
            this.drop(uid);
        }
    }

    private receive(uid: string, state: ControlState, message: WorkspaceMessage): void {
        switch (message.type) {
            case 'hello':
                // A reconnected workspace may have restarted its work: ask again, both are idempotent there.
                state.activatedGeneration = undefined;
                state.refusal = undefined;
                state.preparation = undefined;
                state.toldIdle = undefined;
                if (state.activationAsked) {
                    state.activationAsked.atMs = -Infinity;
                }
                break;
            case 'activated':
                state.activatedGeneration = message.generation;
                state.activationAsked = undefined;
                break;
            case 'refused':
                state.refusal = { code: message.code, reason: message.reason };
                state.activationAsked = undefined;
                break;
            case 'progress':
                state.progress = message;
                break;
            case 'prepared':
                if (state.preparation) {
                    state.preparation.outcome = { ok: true };
                }
                break;
            case 'prepare-failed':
                if (state.preparation) {
                    state.preparation.outcome = { ok: false, stage: message.stage, code: message.code, reason: message.reason };
                }
                break;
            case 'activity':
                state.activity = { report: message, atMs: this.options.clock.now() };
                break;
            default:
                this.options.onMessage(uid, message);
                return;
        }
        this.options.onChange(uid);
    }
}
