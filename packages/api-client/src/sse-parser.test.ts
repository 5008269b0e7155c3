import { describe, expect, it } from 'vitest';
import { createSseParser } from './sse-parser.ts';

function parse(pieces: readonly string[]): unknown[] {
    const seen: unknown[] = [];
    const feed = createSseParser({
        onMessage: ({ event, data }) => seen.push(event === undefined ? data : [event, data]),
        onId: (id) => seen.push(`id ${id}`),
        onRetry: (delayMs) => seen.push(`retry ${delayMs}`),
    });
    pieces.forEach(feed);
    return seen;
}

const STREAM =
    '\uFEFFretry: 1000\n\n: heartbeat\n\nid: 7\nevent: change\ndata: a\ndata:  b\n\nid: 8\r\ndata:c\r\n\r\nid: 9\r\r: \n\ndata\n\nretry: soon\nid: x\0\n\ndata: unfinished\n';
const MEANING = ['retry 1000', ['change', 'a\n b'], 'id 7', 'c', 'id 8', 'id 9', ''];

describe('an event stream', () => {
    it('is read as the standard says, and a cursor without an event counts', () => {
        expect(parse([STREAM])).toEqual(MEANING);
    });

    it('means the same however it is cut', () => {
        expect(parse([...STREAM])).toEqual(MEANING);
        for (let cut = 1; cut < STREAM.length; cut++) {
            expect(parse([STREAM.slice(0, cut), STREAM.slice(cut)])).toEqual(MEANING);
        }
    });
});
