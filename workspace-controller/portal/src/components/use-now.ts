import { useSyncExternalStore } from 'react';

interface Ticker {
    now: number;
    listeners: Set<() => void>;
    timer: ReturnType<typeof setInterval> | undefined;
}

const tickers = new Map<number, Ticker>();

/** The time, renewed every `everyMs`. All who ask for one pace share one timer; nobody listening, no timer. */
export function useNow(everyMs: number): number {
    const ticker = tickerOf(everyMs);
    return useSyncExternalStore(
        (listener) => {
            ticker.listeners.add(listener);
            ticker.timer ??= setInterval(() => {
                ticker.now = Date.now();
                ticker.listeners.forEach((tell) => tell());
            }, everyMs);
            return () => {
                ticker.listeners.delete(listener);
                if (ticker.listeners.size === 0) {
                    clearInterval(ticker.timer);
                    ticker.timer = undefined;
                }
            };
        },
        () => {
            // Without a running timer the value may be hours old.
            if (ticker.timer === undefined && Date.now() - ticker.now > everyMs) {
                ticker.now = Date.now();
            }
            return ticker.now;
        },
    );
}

function tickerOf(everyMs: number): Ticker {
    const known = tickers.get(everyMs);
    if (known !== undefined) {
        return known;
    }
    const made: Ticker = { now: Date.now(), listeners: new Set(), timer: undefined };
    tickers.set(everyMs, made);
    return made;
}
