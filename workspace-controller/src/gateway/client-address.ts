import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Reads addresses (`10.0.0.5`, `::1`) and ranges (`10.0.0.0/8`) of proxies in front. @throws RangeError naming the one that is neither */
export function parseProxyRanges(ranges: readonly string[]): BlockList {
    const list = new BlockList();
    for (const range of ranges) {
        const [address = '', prefix] = range.split('/');
        const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;
        const bits = prefix === undefined ? undefined : Number(prefix);
        const maximum = family === 'ipv4' ? 32 : 128;
        if (family === undefined || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= maximum))) {
            throw new RangeError(`"${range}" is no address and no range. Give addresses like 10.0.0.5 or ranges like 10.0.0.0/8.`);
        }
        if (bits === undefined) {
            list.addAddress(address, family);
        } else {
            list.addSubnet(address, bits, family);
        }
    }
    return list;
}

/**
 * Address of the browser. `X-Forwarded-For` counts only as far as trusted proxies wrote it: the last entry that is not
 * one of theirs.
 */
export function clientAddressOf(request: IncomingMessage, trustedProxies: BlockList): string {
    let address = plain(request.socket.remoteAddress ?? '');
    if (!isTrusted(address, trustedProxies)) {
        return address;
    }
    const forwarded = String(request.headers['x-forwarded-for'] ?? '')
        .split(',')
        .map((entry) => plain(entry.trim()))
        .reverse();
    for (const entry of forwarded) {
        if (isIP(entry) === 0) {
            break;
        }
        address = entry;
        if (!isTrusted(entry, trustedProxies)) {
            break;
        }
    }
    return address;
}

function isTrusted(address: string, list: BlockList): boolean {
    const version = isIP(address);
    return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
}

/** IPv4 addresses come as IPv6 on a dual-stack socket. */
function plain(address: string): string {
    return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}
