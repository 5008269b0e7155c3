import type { Logger } from '@tandem/server-kit';
import type { Replication } from '../log/replication.ts';
import type { UpdateLog } from '../log/update-log.ts';
import type { Room, RoomHost } from './room.ts';
import type { RoomRegistry } from './room-registry.ts';

/** Connects the rooms of this process with the same rooms elsewhere, where the log can. */
export class Replicas {
    private readonly replication: Replication | undefined;

    constructor(options: {
        log: UpdateLog;
        rooms: RoomRegistry;
        host: RoomHost;
        logger: Logger;
        closeMembers: (room: Room, reason: string) => void;
    }) {
        const { log, rooms, host, logger, closeMembers } = options;
        this.replication = 'listen' in log ? (log as unknown as Replication) : undefined;
        this.replication?.listen({
            *openRooms() {
                for (const room of rooms.open()) {
                    yield room.name;
                }
            },
            onUpdates: (name, updates) => {
                const room = rooms.find(name);
                updates.forEach((update) => room?.receiveStored(update));
                return room !== undefined;
            },
            onPresence: (name, replica, packed) => {
                const room = rooms.find(name);
                const outcome = room?.presence.receivePacked(replica, packed, host.now());
                if (room && outcome?.changed) {
                    host.schedulePresence(room, outcome.left);
                }
            },
            onPresenceRequest: (name) => {
                const packed = rooms.find(name)?.presence.packLocal(true);
                if (packed) {
                    this.replication?.publishPresence(name, packed);
                }
            },
            onReplicaGone: (replica) => {
                for (const room of rooms.open()) {
                    if (room.presence.replicaLeaves(replica, host.now())) {
                        host.schedulePresence(room, true);
                    }
                }
            },
            onReset: (name, reason) => {
                rooms
                    .exclusively(
                        name,
                        (room) => closeMembers(room, reason),
                        () => Promise.resolve(),
                    )
                    .catch((error: unknown) => logger.error({ error, room: name }, 'a room could not be reset'));
            },
        });
    }

    /** A room was opened here: ask the others who is in it. */
    opened(room: Room): void {
        this.replication?.requestPresence(room.name);
    }

    /** Presence of a room is about to go out: the others get the part of it that began here. */
    presence(room: Room): void {
        const packed = this.replication && room.presence.packLocal(false);
        if (packed) {
            this.replication?.publishPresence(room.name, packed);
        }
    }
}
