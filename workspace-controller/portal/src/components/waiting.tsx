import { Loader } from '@mantine/core';
import { messages } from '../messages.ts';
import { useLater } from './use-later.ts';
import classes from './waiting.module.css';

/** Something is on its way. Shows nothing at first: what comes within 300 ms needs no spinner. */
export function Waiting() {
    const late = useLater(300);
    return (
        <div className={classes['waiting']} role="status" aria-label={messages.common.loading}>
            {late && <Loader size="sm" />}
        </div>
    );
}
