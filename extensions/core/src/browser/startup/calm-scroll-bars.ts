import PerfectScrollbar from 'perfect-scrollbar';

/**
 * A scroll bar measures its container when it is told that something changed, which makes the browser lay the page out at once.
 * Widgets tell it many times while they are built: here once for each frame.
 */
export function calmScrollBars(): void {
    const { prototype } = PerfectScrollbar;
    const update = prototype.update;
    const waiting = new WeakSet<PerfectScrollbar>();
    prototype.update = function (this: PerfectScrollbar): void {
        if (!waiting.has(this)) {
            waiting.add(this);
            requestAnimationFrame(() => {
                waiting.delete(this);
                update.call(this);
            });
        }
    };
}
