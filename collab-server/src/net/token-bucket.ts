/** Allows `perSecond` on average and `burst` at once. The clock is an argument, in milliseconds. */
export class TokenBucket {
    private tokens: number;
    private at: number;
    private readonly perSecond: number;
    private readonly burst: number;

    constructor(perSecond: number, burst: number, now: number) {
        this.perSecond = perSecond;
        this.burst = burst;
        this.tokens = burst;
        this.at = now;
    }

    /** Takes `count` and returns 0, or how many milliseconds too early it came; the tokens are taken either way. */
    take(now: number, count = 1): number {
        // A clock that jumps back earns nothing and costs nothing.
        this.tokens = Math.min(this.burst, this.tokens + (Math.max(0, now - this.at) * this.perSecond) / 1000);
        this.at = now;
        this.tokens -= count;
        return this.tokens >= 0 ? 0 : (-this.tokens * 1000) / this.perSecond;
    }

    /** Takes `count` only when there are as many. */
    tryTake(now: number, count = 1): boolean {
        const wait = this.take(now, count);
        if (wait > 0) {
            this.tokens += count;
        }
        return wait === 0;
    }

    get isFull(): boolean {
        return this.tokens >= this.burst;
    }
}

/** One bucket for each key, forgotten when full again. */
export class KeyedBuckets {
    private readonly buckets = new Map<string, TokenBucket>();
    private readonly perSecond: number;
    private readonly burst: number;

    constructor(perSecond: number, burst: number) {
        this.perSecond = perSecond;
        this.burst = burst;
    }

    tryTake(key: string, now: number): boolean {
        let bucket = this.buckets.get(key);
        if (!bucket) {
            if (this.buckets.size > 50_000) {
                this.buckets.clear();
            }
            bucket = new TokenBucket(this.perSecond, this.burst, now);
            this.buckets.set(key, bucket);
        }
        return bucket.tryTake(now);
    }
}
