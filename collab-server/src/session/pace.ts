import type { Connection } from '../net/connection.ts';
import type { TokenBucket } from '../net/token-bucket.ts';

/** Pauses a connection that sends too fast, or takes too little, for as long as needed. Nothing is lost, it only waits. */
export function paceMessages(connection: Connection, bucket: TokenBucket, now: number): void {
    const waitMs = bucket.take(now);
    if (waitMs > 0) {
        connection.pause();
        setTimeout(() => connection.resume(), waitMs);
    }
}
