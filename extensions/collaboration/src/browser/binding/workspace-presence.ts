import type { CollabDocument, CollabSocket } from '@tandem/collab-client';
import { PEER_SUBJECT, rooms } from '@tandem/protocol';

/** Where somebody's caret is. */
export interface Place {
    /** Of scheme `file`. */
    readonly uri: string;
    /** Counted from 1. */
    readonly line: number;
}

/** One open page of a person. */
export interface PersonHere {
    /** Of this page, unique among all. */
    readonly clientId: number;
    readonly subject: string;
    readonly name: string;
    readonly place?: Place;
}

/** Who else has the workspace open, and where they are. Names are the server's, places the other pages' own words. */
export class WorkspacePresence {
    private readonly collab: CollabDocument;

    constructor(socket: CollabSocket, workspaceUid: string) {
        this.collab = socket.open(rooms.shared(workspaceUid));
        this.collab.awareness.setLocalState({});
    }

    /** The pages of others, and my own others, by name. */
    get others(): readonly PersonHere[] {
        const states = this.collab.awareness.getStates();
        return this.collab.roster
            .filter(({ clientId, subject }) => clientId !== this.collab.doc.clientID && subject !== PEER_SUBJECT)
            .map(({ clientId, subject, name }) => ({ clientId, subject, name: name ?? subject, place: placeOf(states.get(clientId)) }))
            .sort((one, other) => one.name.localeCompare(other.name));
    }

    setPlace(place: Place | undefined): void {
        this.collab.awareness.setLocalState({ place });
    }

    onDidChange(listener: () => void): void {
        this.collab.onDidChangeRoster(listener);
        this.collab.onDidChangeState(listener);
        this.collab.awareness.on('change', listener);
    }
}

/** What another page says of its place, when it is one. */
function placeOf(state: unknown): Place | undefined {
    const { place } = (state ?? {}) as { place?: { uri?: unknown; line?: unknown } };
    return typeof place?.uri === 'string' && place.uri.startsWith('file:///') && Number.isInteger(place.line)
        ? { uri: place.uri, line: Math.max(1, place.line as number) }
        : undefined;
}
