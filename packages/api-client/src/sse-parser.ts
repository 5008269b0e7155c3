export interface SseMessage {
    /** `event:` of the message; absent: `message`. */
    event: string | undefined;
    data: string;
}

export interface SseHandlers {
    onMessage: (message: SseMessage) => void;
    /** Called after the message it came with. A block without data moves the cursor on all the same, which the packages on npm do not tell. */
    onId: (id: string) => void;
    onRetry: (delayMs: number) => void;
}

/**
 * Reads an event stream piece by piece.
 *
 * @returns takes the next piece of text, cut anywhere
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export function createSseParser(handlers: SseHandlers): (text: string) => void {
    let rest = '';
    let begun = false;
    let event: string | undefined;
    let id: string | undefined;
    let data: string[] = [];

    const dispatch = () => {
        const message = data.length > 0 ? { event, data: data.join('\n') } : undefined;
        const cursor = id;
        [event, id, data] = [undefined, undefined, []];
        if (message !== undefined) {
            handlers.onMessage(message);
        }
        if (cursor !== undefined) {
            handlers.onId(cursor);
        }
    };

    const take = (line: string) => {
        if (line === '') {
            dispatch();
            return;
        }
        const colon = line.indexOf(':');
        const field = colon === -1 ? line : line.slice(0, colon);
        const value = colon === -1 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
        if (field === 'data') {
            data.push(value);
        } else if (field === 'event') {
            event = value === '' ? undefined : value;
        } else if (field === 'id' && !value.includes('\0')) {
            id = value;
        } else if (field === 'retry' && /^\d+$/.test(value)) {
            handlers.onRetry(Number(value));
        }
    };

    return (text) => {
        rest += begun ? text : text.replace(/^\uFEFF/, '');
        begun ||= text !== '';
        // A carriage return at the very end may be half of a line's end.
        const lines = rest.split(/\r\n|\n|\r(?!$)/);
        rest = lines.pop() ?? '';
        lines.forEach(take);
    };
}
