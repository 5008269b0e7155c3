import classes from './person-mark.module.css';

/** Initials of a person. Neutral: the colours of presence mean who is here now, and nothing else. */
export function PersonMark({ name }: { name: string }) {
    return <span className={classes['mark']} data-initials={initials(name)} aria-hidden />;
}

function initials(name: string): string {
    const words = name.trim().split(/\s+/);
    const first = [...(words[0] ?? '')][0] ?? '?';
    const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
    return (first + last).toUpperCase();
}
