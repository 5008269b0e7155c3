import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef, useState, type ReactNode } from 'react';
import classes from './virtual-list.module.css';

interface VirtualListProps<T> {
    items: readonly T[];
    keyOf: (item: T) => string;
    /** Height of a row until it is measured, in pixels. */
    rowHeight: number;
    label: string;
    children: (item: T) => ReactNode;
    /** The last rows are on screen. */
    onEnd?: () => void;
}

/** Up to here all rows are in the page, so that the browser's own search finds them. */
const PLAIN_UP_TO = 80;

/** A list that stays smooth with thousands of rows: it scrolls with the page and has only the visible ones in it. */
export function VirtualList<T>(props: VirtualListProps<T>) {
    return props.items.length <= PLAIN_UP_TO && props.onEnd === undefined ? <PlainList {...props} /> : <WindowedList {...props} />;
}

function PlainList<T>({ items, keyOf, label, children }: VirtualListProps<T>) {
    return (
        <ul className={classes['list']} aria-label={label}>
            {items.map((item) => (
                <li key={keyOf(item)} className={classes['row']}>
                    {children(item)}
                </li>
            ))}
        </ul>
    );
}

function WindowedList<T>({ items, keyOf, rowHeight, label, children, onEnd }: VirtualListProps<T>) {
    const list = useRef<HTMLUListElement>(null);
    const [top, setTop] = useState(0);
    useLayoutEffect(() => {
        setTop(list.current === null ? 0 : list.current.getBoundingClientRect().top + scrollY);
    }, []);
    const virtualizer = useWindowVirtualizer({
        count: items.length,
        estimateSize: () => rowHeight,
        getItemKey: (index) => keyOf(items[index] as T),
        overscan: 8,
        scrollMargin: top,
    });
    const rows = virtualizer.getVirtualItems();
    const last = rows.at(-1)?.index ?? -1;
    const atEnd = last >= items.length - 10;
    useLayoutEffect(() => {
        if (atEnd) {
            onEnd?.();
        }
    }, [atEnd, items.length, onEnd]);
    return (
        <ul ref={list} className={classes['list']} aria-label={label} style={{ height: virtualizer.getTotalSize() }}>
            {rows.map((row) => (
                <li
                    key={row.key}
                    ref={virtualizer.measureElement}
                    data-index={row.index}
                    aria-posinset={row.index + 1}
                    aria-setsize={items.length}
                    className={`${classes['row']} ${classes['placed']}`}
                    style={{ transform: `translateY(${row.start - top}px)` }}
                >
                    {children(items[row.index] as T)}
                </li>
            ))}
        </ul>
    );
}
