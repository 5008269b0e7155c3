/**
 * Bookkeeping that makes a reconnecting socket lossless: each side counts what it sent and received since the connection
 * began, keeps what the other side has not acknowledged, and sends exactly that again after a reconnect. A plain socket loses
 * whatever was on its way when the line dropped.
 */
export class ReliableStream {
    /** Messages that this side has sent or wants to send, ever. */
    private sentCount = 0;
    /** Messages that this side has received, ever. */
    private receivedCount = 0;
    private unacknowledged: Uint8Array[] = [];
    private unacknowledgedByteCount = 0;
    private sinceAcknowledgementCount = 0;
    private sinceAcknowledgementByteCount = 0;

    /**
     * @param limitBytes how much is kept for the other side before the stream gives up.
     * @param acknowledgeAfterBytes how much arrives before an acknowledgement is due.
     * @param acknowledgeAfterCount how many messages arrive before an acknowledgement is due.
     */
    constructor(
        private readonly limitBytes: number,
        private readonly acknowledgeAfterBytes = 256 * 1024,
        private readonly acknowledgeAfterCount = 200,
    ) {}

    /** Whether more had to be kept than the limit: what was dropped cannot be sent again. */
    get overflowed(): boolean {
        return this.unacknowledgedByteCount > this.limitBytes;
    }

    get received(): number {
        return this.receivedCount;
    }

    get pendingByteCount(): number {
        return this.unacknowledgedByteCount;
    }

    /** Keeps an outgoing message until it is acknowledged. */
    keep(message: Uint8Array): void {
        this.sentCount++;
        this.unacknowledgedByteCount += message.byteLength;
        if (this.overflowed) {
            this.unacknowledged = [];
        } else {
            this.unacknowledged.push(message);
        }
    }

    /** Counts an incoming message. @returns whether an acknowledgement is due now. */
    receive(byteCount: number): boolean {
        this.receivedCount++;
        this.sinceAcknowledgementCount++;
        this.sinceAcknowledgementByteCount += byteCount;
        return (
            this.sinceAcknowledgementCount >= this.acknowledgeAfterCount || this.sinceAcknowledgementByteCount >= this.acknowledgeAfterBytes
        );
    }

    /** Whether something arrived that has not been acknowledged. */
    get acknowledgementDue(): boolean {
        return this.sinceAcknowledgementCount > 0;
    }

    /** @returns the count to acknowledge; nothing is due afterwards. */
    takeAcknowledgement(): number {
        this.sinceAcknowledgementCount = 0;
        this.sinceAcknowledgementByteCount = 0;
        return this.receivedCount;
    }

    /**
     * Forgets what the other side has.
     * @param count messages that the other side has received, ever.
     * @returns whether the count is possible: `false` means that the two sides do not belong together.
     */
    acknowledge(count: number): boolean {
        const firstKept = this.sentCount - this.unacknowledged.length;
        if (!Number.isSafeInteger(count) || count > this.sentCount || (!this.overflowed && count < firstKept)) {
            return false;
        }
        if (!this.overflowed) {
            for (const message of this.unacknowledged.splice(0, count - firstKept)) {
                this.unacknowledgedByteCount -= message.byteLength;
            }
        }
        return true;
    }

    /** What has to be sent again, oldest first. */
    pending(): readonly Uint8Array[] {
        return this.unacknowledged;
    }
}
