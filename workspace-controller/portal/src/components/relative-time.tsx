import { memo } from 'react';
import { exactTime, relativeTime, shortTime } from '../logic/time.ts';
import { useNow } from './use-now.ts';

/** A moment relative to now, kept current; the exact one is on hover. */
export const RelativeTime = memo(function RelativeTime({
    at,
    clock = false,
}: {
    at: string;
    /** With the time of day once it is over an hour away. */ clock?: boolean;
}) {
    const now = useNow(15_000);
    return (
        <time dateTime={at} title={exactTime(at)}>
            {clock && Math.abs(Date.parse(at) - now) > 3_600_000 ? shortTime(at) : relativeTime(at, now)}
        </time>
    );
});
