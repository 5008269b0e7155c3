import { Skeleton } from '@mantine/core';
import { messages } from '../messages.ts';
import { useLater } from './use-later.ts';
import classes from './list-skeleton.module.css';

/** Holds the place of a list. Its shapes appear after 300 ms, so that a fast answer does not flicker. */
export function ListSkeleton({ rows = 5, height = 68 }: { rows?: number; height?: number }) {
    const late = useLater(300);
    return (
        <div role="status" aria-label={messages.common.loading} style={{ minHeight: rows * height }}>
            {late &&
                Array.from({ length: rows }, (_, index) => (
                    <div key={index} className={classes['row']} style={{ height }}>
                        <Skeleton height={12} width={`${28 + ((index * 13) % 24)}%`} />
                        <Skeleton height={10} width={`${40 + ((index * 17) % 30)}%`} mt={10} />
                    </div>
                ))}
        </div>
    );
}
