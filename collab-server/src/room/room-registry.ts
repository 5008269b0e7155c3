import type { Limits } from '../limits.ts';
import { Room, type RoomHost } from './room.ts';

interface Slot {
    readonly opening: Promise<Room>;
    room: Room | undefined;
}

/** The open rooms. Opening, closing and rewriting of one room never overlap. */
export class RoomRegistry {
    private readonly slots = new Map<string, Slot>();
    /** Rooms that are being rewritten or removed; opening them waits. */
    private readonly blocked = new Map<string, Promise<unknown>>();
    private readonly host: RoomHost;
    private readonly limits: Limits;

    constructor(host: RoomHost) {
        this.host = host;
        this.limits = host.limits;
    }

    get size(): number {
        return this.slots.size;
    }

    *open(): IterableIterator<Room> {
        for (const { room } of this.slots.values()) {
            if (room) {
                yield room;
            }
        }
    }

    find(name: string): Room | undefined {
        return this.slots.get(name)?.room;
    }

    /**
     * The room, loaded. Simultaneous callers share one load. Call `join` or use it before you yield, or it may be unloaded.
     *
     * @throws UpdateLogError when it cannot be loaded; it is never empty instead
     */
    async acquire(name: string): Promise<Room> {
        for (let blocked = this.blocked.get(name); blocked; blocked = this.blocked.get(name)) {
            await blocked.catch(() => undefined);
        }
        const slot = this.slots.get(name) ?? this.load(name);
        const room = await slot.opening;
        if (this.slots.get(name) !== slot) {
            // It was unloaded or rewritten between its load and our turn.
            return this.acquire(name);
        }
        room.lastUsedAt = this.host.now();
        return room;
    }

    /** Runs `work` while the room is closed: members are gone and everything is committed. */
    async exclusively<T>(name: string, closeMembers: (room: Room) => void, work: () => Promise<T>): Promise<T> {
        for (let blocked = this.blocked.get(name); blocked; blocked = this.blocked.get(name)) {
            await blocked.catch(() => undefined);
        }
        const run = async () => {
            const slot = this.slots.get(name);
            const room = await slot?.opening.catch(() => undefined);
            if (room) {
                closeMembers(room);
                room.flush();
                await new Promise<void>((resolve) => this.host.commits.barrier(name, { committed: () => resolve() }));
                await room.settled();
            }
            this.slots.delete(name);
            return work();
        };
        const running = run();
        this.blocked.set(name, running);
        try {
            return await running;
        } finally {
            this.blocked.delete(name);
        }
    }

    /** Unloads what has been idle, and more when memory is short. Returns the bytes in memory. */
    sweep(): number {
        const now = this.host.now();
        let memoryBytes = 0;
        const idle: { name: string; room: Room; bytes: number }[] = [];
        for (const [name, { room }] of this.slots) {
            if (!room) {
                continue;
            }
            const bytes = room.state.memoryBytes;
            memoryBytes += bytes;
            if (room.mayUnload) {
                idle.push({ name, room, bytes });
            }
        }
        idle.sort((a, b) => a.room.lastUsedAt - b.room.lastUsedAt);
        for (const { name, room, bytes } of idle) {
            if (now - room.lastUsedAt < this.limits.idleRoomMs && memoryBytes <= this.limits.memoryBudgetBytes) {
                break;
            }
            this.slots.delete(name);
            memoryBytes -= bytes;
        }
        if (memoryBytes > this.limits.memoryBudgetBytes) {
            for (const room of this.open()) {
                room.dropCaches();
            }
        }
        return memoryBytes;
    }

    private load(name: string): Slot {
        const opening = this.host.log.load(name).then((stored) => new Room(this.host, name, stored));
        const slot: Slot = { opening, room: undefined };
        this.slots.set(name, slot);
        opening.then(
            (room) => {
                slot.room = room;
                this.host.onOpen(room);
            },
            () => {
                if (this.slots.get(name) === slot) {
                    this.slots.delete(name);
                }
            },
        );
        return slot;
    }
}
