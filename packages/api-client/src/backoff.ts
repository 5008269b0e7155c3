/**
 * Pause before try number `attempt` (0-based), in milliseconds: doubles up to the ceiling, and is a random part of it, so
 * that many clients do not come back at the same moment.
 *
 * @param random 0 ≤ random < 1
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/ ("equal jitter")
 */
export function reconnectDelayMs(attempt: number, random: number, bounds: { firstMs: number; ceilingMs: number }): number {
    const whole = Math.min(bounds.ceilingMs, bounds.firstMs * 2 ** Math.min(attempt, 20));
    return Math.round(whole / 2 + (whole / 2) * random);
}
