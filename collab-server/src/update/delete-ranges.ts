import type { ByteWriter } from './byte-writer.ts';
import { uintLength } from './byte-writer.ts';
import type { ScannedUpdate } from './scan-update.ts';
import { UpdateReader } from './update-reader.ts';

/** What a document's delete set covers: for each client, sorted and disjoint `[start, end)` pairs, flat. */
export class DeleteRanges {
    private readonly ranges = new Map<number, number[]>();
    private rangeCount = 0;

    /** Adds an update's delete set and says whether anything was new. */
    add(update: ScannedUpdate): boolean {
        if (!update.hasDeletes) {
            return false;
        }
        const reader = new UpdateReader(update.bytes);
        reader.position = update.deletesByte;
        let changed = false;
        for (let clients = reader.uint(); clients > 0; clients--) {
            const client = reader.uint();
            for (let left = reader.uint(); left > 0; left--) {
                const start = reader.uint();
                const length = reader.uint();
                if (length > 0 && this.insert(client, start, start + length)) {
                    changed = true;
                }
            }
        }
        return changed;
    }

    /** Whether an update's delete set brings nothing new. */
    contains(update: ScannedUpdate): boolean {
        const reader = new UpdateReader(update.bytes);
        reader.position = update.deletesByte;
        for (let clients = reader.uint(); clients > 0; clients--) {
            const list = this.ranges.get(reader.uint());
            for (let left = reader.uint(); left > 0; left--) {
                const start = reader.uint();
                const end = start + reader.uint();
                if (end > start && !(list && covers(list, start, end))) {
                    return false;
                }
            }
        }
        return true;
    }

    get isEmpty(): boolean {
        return this.ranges.size === 0;
    }

    /** Memory held, in bytes, roughly. */
    get memoryBytes(): number {
        return this.rangeCount * 16 + this.ranges.size * 80;
    }

    encodedLength(): number {
        let length = uintLength(this.ranges.size);
        for (const [client, list] of this.ranges) {
            length += uintLength(client) + uintLength(list.length / 2);
            for (let index = 0; index < list.length; index += 2) {
                length += uintLength(list[index] as number) + uintLength((list[index + 1] as number) - (list[index] as number));
            }
        }
        return length;
    }

    write(writer: ByteWriter): void {
        writer.uint(this.ranges.size);
        const clients = [...this.ranges.keys()].sort((a, b) => b - a);
        for (const client of clients) {
            const list = this.ranges.get(client) as number[];
            writer.uint(client);
            writer.uint(list.length / 2);
            for (let index = 0; index < list.length; index += 2) {
                writer.uint(list[index] as number);
                writer.uint((list[index + 1] as number) - (list[index] as number));
            }
        }
    }

    private insert(client: number, start: number, end: number): boolean {
        const list = this.ranges.get(client);
        if (!list) {
            this.ranges.set(client, [start, end]);
            this.rangeCount++;
            return true;
        }
        if (covers(list, start, end)) {
            return false;
        }
        const first = firstEndingFrom(list, start);
        let last = first;
        while (last < list.length && (list[last] as number) <= end) {
            start = Math.min(start, list[last] as number);
            end = Math.max(end, list[last + 1] as number);
            last += 2;
        }
        if (last === first + 2) {
            list[first] = start;
            list[first + 1] = end;
        } else {
            list.splice(first, last - first, start, end);
            this.rangeCount += 1 - (last - first) / 2;
        }
        return true;
    }
}

/** Index of the first range that ends at or after `start`, so that it overlaps, touches or follows. */
function firstEndingFrom(list: readonly number[], start: number): number {
    let low = 0;
    let high = list.length / 2;
    while (low < high) {
        const middle = (low + high) >> 1;
        if ((list[middle * 2 + 1] as number) < start) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low * 2;
}

function covers(list: readonly number[], start: number, end: number): boolean {
    // Ranges are joined where they touch, so one range must hold all of it; the first may end exactly at `start`.
    const first = firstEndingFrom(list, start);
    const at = first < list.length && (list[first + 1] as number) === start && end > start ? first + 2 : first;
    return at < list.length && (list[at] as number) <= start && (list[at + 1] as number) >= end;
}
