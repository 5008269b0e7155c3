import type { IncomingMessage } from 'node:http';

/**
 * What is wrong with a request before anything is read into it: two Hosts, a target in absolute form, and the like
 * mean different things to different servers, so they mean nothing here.
 *
 * @returns undefined when it is sound
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2
 */
export function findMalformation(request: IncomingMessage): string | undefined {
    const { url = '', rawHeaders } = request;
    if (!url.startsWith('/')) {
        return 'The request target must be a path.';
    }
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    if (/[\x00-\x20\x7f#]/.test(url)) {
        return 'The request target has a character that must be encoded.';
    }
    let hosts = 0;
    for (let index = 0; index < rawHeaders.length; index += 2) {
        const name = rawHeaders[index]?.toLowerCase();
        if (name === 'host') {
            hosts++;
        } else if (name === 'transfer-encoding' && rawHeaders[index + 1]?.toLowerCase() !== 'chunked') {
            return 'The only transfer coding is chunked.';
        }
    }
    return hosts === 1 ? undefined : 'A request has exactly one Host header.';
}
