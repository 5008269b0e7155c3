import Value from 'typebox/value';
import { ControllerMessage, MAX_CONTROL_MESSAGE_BYTES, WorkspaceMessage } from './control.ts';

/**
 * Reads a frame of the control socket.
 *
 * @returns undefined for a message of a type that this release does not know (a newer peer's), which is to be ignored
 * @throws TypeError when the frame is too large, no JSON, or not what its type demands
 */
export function decodeControllerMessage(frame: string): ControllerMessage | undefined {
    return decode<ControllerMessage>(ControllerMessage, frame);
}

/** The same for what the workspace sends. @throws TypeError as `decodeControllerMessage` */
export function decodeWorkspaceMessage(frame: string): WorkspaceMessage | undefined {
    return decode<WorkspaceMessage>(WorkspaceMessage, frame);
}

interface TypedSchema {
    properties: { type: { const: string } };
}

function decode<T>(table: Record<string, unknown>, frame: string): T | undefined {
    if (frame.length > MAX_CONTROL_MESSAGE_BYTES) {
        throw new TypeError(`A control message of ${frame.length} characters is over the limit of ${MAX_CONTROL_MESSAGE_BYTES} bytes.`);
    }
    let message: unknown;
    try {
        message = JSON.parse(frame);
    } catch (cause) {
        throw new TypeError('A control message is not JSON.', { cause });
    }
    const type = (message as { type?: unknown } | null)?.type;
    const schema = (Object.values(table) as (TypedSchema & Parameters<typeof Value.Check>[0])[]).find(
        (candidate) => candidate.properties.type.const === type,
    );
    if (schema === undefined) {
        return undefined;
    }
    if (!Value.Check(schema, message)) {
        throw new TypeError(`A control message of type "${String(type)}" does not have the form of its type.`);
    }
    return message as T;
}
