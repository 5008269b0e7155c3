/*
 * The part of the SSH agent protocol that an agent with one key needs: list it, sign with it.
 * @see https://datatracker.ietf.org/doc/html/draft-miller-ssh-agent
 */

const FAILURE = 5;
const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** OpenSSH's own agent takes no more. */
export const MAX_AGENT_MESSAGE_BYTES = 256 * 1024;

export type AgentRequest = { type: 'identities' } | { type: 'sign'; key: Buffer; data: Buffer } | { type: 'unknown' };

/** What a message without its length asks for. */
export function readAgentRequest(message: Buffer): AgentRequest {
    if (message[0] === REQUEST_IDENTITIES) {
        return { type: 'identities' };
    }
    const key = message[0] === SIGN_REQUEST ? readString(message, 1) : undefined;
    const data = key && readString(message, 5 + key.length);
    return key && data ? { type: 'sign', key, data } : { type: 'unknown' };
}

/** @param line `ssh-ed25519 AAAA… comment`; absent: there is no key */
export function identitiesAnswer(line: string | undefined): Buffer {
    const [, blob = '', comment = ''] = line?.split(' ') ?? [];
    return line === undefined
        ? frame(IDENTITIES_ANSWER, uint32(0))
        : frame(IDENTITIES_ANSWER, uint32(1), string(Buffer.from(blob, 'base64')), string(Buffer.from(comment)));
}

/** @param signature of an Ed25519 key */
export function signAnswer(signature: Buffer): Buffer {
    return frame(SIGN_RESPONSE, string(Buffer.concat([string(Buffer.from('ssh-ed25519')), string(signature)])));
}

export const failureAnswer = (): Buffer => frame(FAILURE);

/**
 * Takes the first whole message off received bytes.
 *
 * @returns `message` absent while it is not complete
 * @throws RangeError when the message is longer than any agent takes
 */
export function takeAgentMessage(bytes: Buffer): { message: Buffer | undefined; rest: Buffer } {
    if (bytes.length >= 4 && bytes.readUInt32BE(0) > MAX_AGENT_MESSAGE_BYTES) {
        throw new RangeError(`An agent message of ${bytes.readUInt32BE(0)} bytes is over the limit.`);
    }
    const message = readString(bytes, 0);
    return message === undefined ? { message, rest: bytes } : { message, rest: bytes.subarray(4 + message.length) };
}

function readString(bytes: Buffer, offset: number): Buffer | undefined {
    if (bytes.length < offset + 4) {
        return undefined;
    }
    const end = offset + 4 + bytes.readUInt32BE(offset);
    return end > bytes.length ? undefined : bytes.subarray(offset + 4, end);
}

const frame = (type: number, ...parts: Buffer[]): Buffer => string(Buffer.concat([Buffer.of(type), ...parts]));
const string = (bytes: Buffer): Buffer => Buffer.concat([uint32(bytes.length), bytes]);

function uint32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
}
