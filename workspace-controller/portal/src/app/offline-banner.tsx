import { Button } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useLive } from '../live/live-provider.tsx';
import { messages } from '../messages.ts';
import classes from './offline-banner.module.css';

/** A line that drops and comes back at once is nobody's business. */
const GRACE_MS = 2_500;

/** Says when what is shown may be out of date. */
export function OfflineBanner() {
    const { state, retryNow } = useLive();
    const { online } = useNetwork();
    const lost = !online || state.kind === 'lost';
    const [shown, setShown] = useState(false);
    useEffect(() => {
        if (!lost) {
            setShown(false);
            return;
        }
        const timer = setTimeout(() => setShown(true), online ? GRACE_MS : 0);
        return () => clearTimeout(timer);
    }, [lost, online]);
    const { offline } = messages.common;
    return (
        <div role="status">
            {shown && (
                <div className={classes['banner']}>
                    <IconPlugConnectedX size={16} aria-hidden />
                    <span>{online ? offline.server : offline.browser}</span>
                    <Button variant="default" size="compact-xs" onClick={retryNow}>
                        {offline.retry}
                    </Button>
                </div>
            )}
        </div>
    );
}
