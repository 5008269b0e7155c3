import { useRef } from 'react';

/** A key for a create: the same request sent again after a lost answer makes the same thing, another request another one. */
export function useIdempotencyKey(): { keyFor: (request: unknown) => string; renew: () => void } {
    const attempt = useRef({ request: '', key: '' });
    return {
        keyFor: (request) => {
            const text = JSON.stringify(request);
            if (attempt.current.request !== text) {
                attempt.current = { request: text, key: crypto.randomUUID() };
            }
            return attempt.current.key;
        },
        renew: () => {
            attempt.current = { request: '', key: '' };
        },
    };
}
