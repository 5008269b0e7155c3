import * as Y from 'yjs';

/** Work that needs a real Yjs document. Pure functions of bytes, run in a thread of their own. */
export const documentTasks = { toJson, toText, forget, restore, describe };
export type DocumentTasks = typeof documentTasks;

/** Value of each root type, text as its plain characters. */
function toJson(update: Uint8Array): Record<string, unknown> {
    const doc = load(update);
    return Object.fromEntries([...doc.share.keys()].sort().map((name) => [name, valueOf(rootOf(doc, name))]));
}

/** Plain text of one root, or of the only one. `undefined`: there is no such text. */
function toText(update: Uint8Array, root: string | undefined): string | undefined {
    const doc = load(update);
    const name = root ?? (doc.share.size === 1 ? [...doc.share.keys()][0] : undefined);
    if (name === undefined || !doc.share.has(name)) {
        return undefined;
    }
    const type = rootOf(doc, name);
    return type instanceof Y.Text ? type.toString() : undefined;
}

/**
 * The document without anything that was deleted from it. Clocks stay as they are, so that a client that still has the
 * deleted text has nothing to send.
 */
function forget(update: Uint8Array): Uint8Array {
    const doc = new Y.Doc({ gc: true });
    Y.applyUpdate(doc, update);
    return Y.encodeStateAsUpdate(doc);
}

/** An update that brings `current` back to what `target` says, as new edits, so that everyone merges it. */
function restore(current: Uint8Array, target: Uint8Array): Uint8Array {
    const doc = load(current);
    const wanted = load(target);
    const before = Y.encodeStateVector(doc);
    doc.transact(() => {
        for (const name of new Set([...doc.share.keys(), ...wanted.share.keys()])) {
            const source = wanted.share.has(name) ? rootOf(wanted, name) : undefined;
            const kind = source ?? rootOf(doc, name);
            if (kind instanceof Y.Text) {
                restoreText(doc.getText(name), source as Y.Text | undefined);
            } else if (kind instanceof Y.Map) {
                restoreMap(doc.getMap(name), source as Y.Map<unknown> | undefined);
            } else if (kind instanceof Y.Array) {
                restoreArray(doc.getArray(name), source as Y.Array<unknown> | undefined);
            } else {
                restoreXml(doc.getXmlFragment(name), source as Y.XmlFragment | undefined);
            }
        }
    });
    return Y.encodeStateAsUpdate(doc, before);
}

/** Names and kinds of the roots, and their sizes. */
function describe(update: Uint8Array): { name: string; kind: string; length: number }[] {
    const doc = load(update);
    return [...doc.share.keys()].sort().map((name) => {
        const type = rootOf(doc, name);
        return { name, kind: type.constructor.name, length: type instanceof Y.Map ? type.size : type.length };
    });
}

function load(update: Uint8Array): Y.Doc {
    const doc = new Y.Doc({ gc: false });
    Y.applyUpdate(doc, update);
    return doc;
}

/** A root has no type until somebody asks for one; its content tells what it is. */
function rootOf(doc: Y.Doc, name: string): Y.Text | Y.Map<unknown> | Y.Array<unknown> | Y.XmlFragment {
    const bare = doc.share.get(name) as unknown as { _map: Map<string, unknown>; _start: RawItem | null };
    if (bare instanceof Y.Text || bare instanceof Y.Map || bare instanceof Y.Array || bare instanceof Y.XmlFragment) {
        return bare;
    }
    if (bare._map.size > 0) {
        return doc.getMap(name);
    }
    for (let item = bare._start; item; item = item.right) {
        const { content } = item;
        if (content instanceof Y.ContentString || content instanceof Y.ContentFormat || content instanceof Y.ContentEmbed) {
            return doc.getText(name);
        }
        if (content instanceof Y.ContentType && (content.type instanceof Y.XmlElement || content.type instanceof Y.XmlText)) {
            return doc.getXmlFragment(name);
        }
        if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON || content instanceof Y.ContentType) {
            return doc.getArray(name);
        }
    }
    return doc.getText(name);
}

interface RawItem {
    readonly content: unknown;
    readonly right: RawItem | null;
}

function valueOf(type: Y.Text | Y.Map<unknown> | Y.Array<unknown> | Y.XmlFragment): unknown {
    return type instanceof Y.Text || type instanceof Y.XmlFragment ? type.toString() : type.toJSON();
}

function restoreText(text: Y.Text, source: Y.Text | undefined): void {
    const wanted = source?.toString() ?? '';
    const plain = (source?.toDelta() ?? []) as { insert: unknown; attributes?: unknown }[];
    const isPlain = plain.every((part) => typeof part.insert === 'string' && part.attributes === undefined);
    const current = text.toDelta() as { insert: unknown; attributes?: unknown }[];
    if (!isPlain || current.some((part) => typeof part.insert !== 'string' || part.attributes !== undefined)) {
        text.delete(0, text.length);
        text.applyDelta(plain, { sanitize: false });
        return;
    }
    // Only what differs is replaced, so that cursors and anchors outside of it stay.
    const have = text.toString();
    let start = 0;
    const shortest = Math.min(have.length, wanted.length);
    while (start < shortest && have[start] === wanted[start]) {
        start++;
    }
    let end = 0;
    while (end < shortest - start && have[have.length - 1 - end] === wanted[wanted.length - 1 - end]) {
        end++;
    }
    // Half of a surrogate pair cannot be inserted.
    if (start > 0 && /[\uD800-\uDBFF]/.test(have[start - 1] as string)) {
        start--;
    }
    if (end > 0 && /[\uDC00-\uDFFF]/.test(have[have.length - end] as string)) {
        end--;
    }
    text.delete(start, have.length - start - end);
    text.insert(start, wanted.slice(start, wanted.length - end));
}

function restoreMap(map: Y.Map<unknown>, source: Y.Map<unknown> | undefined): void {
    for (const key of new Set([...map.keys(), ...(source?.keys() ?? [])])) {
        if (!source?.has(key)) {
            map.delete(key);
        } else if (!map.has(key) || JSON.stringify(plain(map.get(key))) !== JSON.stringify(plain(source.get(key)))) {
            map.set(key, cloneValue(source.get(key)));
        }
    }
}

function restoreArray(array: Y.Array<unknown>, source: Y.Array<unknown> | undefined): void {
    if (JSON.stringify(array.toJSON()) !== JSON.stringify(source?.toJSON() ?? [])) {
        array.delete(0, array.length);
        array.insert(0, (source?.toArray() ?? []).map(cloneValue));
    }
}

function restoreXml(fragment: Y.XmlFragment, source: Y.XmlFragment | undefined): void {
    if (fragment.toString() !== (source?.toString() ?? '')) {
        fragment.delete(0, fragment.length);
        fragment.insert(
            0,
            (source?.toArray() ?? []).map((child) => child.clone() as Y.XmlElement | Y.XmlText),
        );
    }
}

function plain(value: unknown): unknown {
    return value instanceof Y.AbstractType ? value.toJSON() : value;
}

function cloneValue(value: unknown): unknown {
    return value instanceof Y.AbstractType ? value.clone() : value;
}
