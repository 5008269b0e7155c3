import { useEffect, useState } from 'react';

/** False at first, true once `delayMs` have passed. */
export function useLater(delayMs: number): boolean {
    const [late, setLate] = useState(false);
    useEffect(() => {
        const timer = setTimeout(() => setLate(true), delayMs);
        return () => clearTimeout(timer);
    }, [delayMs]);
    return late;
}
