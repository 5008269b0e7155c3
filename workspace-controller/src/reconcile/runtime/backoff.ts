/** How long to wait before attempt number `attempt`, in milliseconds. Grows, is jittered, is capped and never gives up. */
export interface Backoff {
    firstMs: number;
    maximumMs: number;
}

export const DEFAULT_BACKOFF: Backoff = { firstMs: 200, maximumMs: 30_000 };

/**
 * @param attempt 1 after the first failure
 * @param random from 0 (inclusive) to 1; half of the delay is fixed, half is jitter
 */
export function backoffDelayMs(backoff: Backoff, attempt: number, random: number): number {
    const full = Math.min(backoff.maximumMs, backoff.firstMs * 2 ** Math.min(attempt - 1, 30));
    return full / 2 + (full / 2) * random;
}
