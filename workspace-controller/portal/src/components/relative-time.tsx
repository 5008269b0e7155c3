import { memo } from 'react';
import { exactTime, relativeTime } from '../logic/time.ts';
import { useNow } from './use-now.ts';

/** A moment relative to now, kept current; the exact one is on hover. */
export const RelativeTime = memo(function RelativeTime({ at }: { at: string }) {
    const now = useNow(15_000);
    return (
        <time dateTime={at} title={exactTime(at)}>
            {relativeTime(at, now)}
        </time>
    );
});
