const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const units: readonly [Intl.RelativeTimeFormatUnit, number][] = [
    ['day', DAY],
    ['hour', HOUR],
    ['minute', MINUTE],
];

/**
 * A moment as people say it: "just now", "5 minutes ago", "yesterday", "in 2 hours"; a date when it is over a week away.
 *
 * @param nowMs the reader's clock; a moment within a minute of it is "just now", so that clocks need not agree
 */
export function relativeTime(iso: string, nowMs: number, locale = 'en'): string {
    const at = Date.parse(iso);
    if (Number.isNaN(at)) {
        return iso;
    }
    const apart = at - nowMs;
    if (Math.abs(apart) < MINUTE) {
        return apart > 20 * SECOND ? 'in less than a minute' : 'just now';
    }
    if (Math.abs(apart) >= 7 * DAY) {
        const sameYear = new Date(at).getFullYear() === new Date(nowMs).getFullYear();
        return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', year: sameYear ? undefined : 'numeric' }).format(at);
    }
    const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
    for (const [unit, size] of units) {
        if (Math.abs(apart) >= size) {
            // What is to come is rounded: a link that was made for seven days expires in 7 days.
            return format.format(apart > 0 ? Math.round(apart / size) : Math.trunc(apart / size), unit);
        }
    }
    return 'just now';
}

/** A moment exactly, in the reader's zone. */
export function exactTime(iso: string, locale?: string): string {
    const at = Date.parse(iso);
    return Number.isNaN(at) ? iso : new Intl.DateTimeFormat(locale, { dateStyle: 'full', timeStyle: 'long' }).format(at);
}

/** Day and time of day, for where the order within a day matters. */
export function shortTime(iso: string, locale = 'en'): string {
    const at = Date.parse(iso);
    return Number.isNaN(at)
        ? iso
        : new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(
              at,
          );
}

/** How long something took: "< 0.1 s", "0.4 s", "12 s", "3 min 05 s", "2 h 10 min". */
export function duration(milliseconds: number): string {
    const ms = Math.max(0, milliseconds);
    if (ms > 0 && ms < 100) {
        return '< 0.1 s';
    }
    if (ms < 10 * SECOND) {
        return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
    }
    if (ms < MINUTE) {
        return `${Math.floor(ms / SECOND)} s`;
    }
    if (ms < HOUR) {
        return `${Math.floor(ms / MINUTE)} min ${String(Math.floor((ms % MINUTE) / SECOND)).padStart(2, '0')} s`;
    }
    return `${Math.floor(ms / HOUR)} h ${String(Math.floor((ms % HOUR) / MINUTE)).padStart(2, '0')} min`;
}

/** A number of minutes in words: "45 minutes", "1 hour 30 minutes", "2 days". */
export function minutesInWords(minutes: number): string {
    const parts: [number, string][] = [
        [Math.floor(minutes / 1440), 'day'],
        [Math.floor((minutes % 1440) / 60), 'hour'],
        [minutes % 60, 'minute'],
    ];
    const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}${count === 1 ? '' : 's'}`);
    return said.join(' ') || '0 minutes';
}
