import type { Resource, ResourceReadOptions } from '@theia/core/lib/common/resource';
import { Emitter } from '@theia/core/lib/common/event';
import { withEndings } from '../common/shared-text';
import type { OpenedDocument, SavedMark, SharedDocumentsServer, UnsharedFile } from '../common/shared-documents-protocol';

/** What stands behind an editor of a shared file once its document is bound. */
export interface SharedStorage {
    /** Writes the shared text to the file. @throws Error with the reason for the person */
    save(): Promise<void>;
}

/**
 * A file of the workspace. Its text comes from the workspace's peer, and saving is asked of it; a file that the peer does not
 * share is read and written as in any editor.
 */
export class SharedResource implements Resource {
    private readonly file: Resource;
    private readonly documents: SharedDocumentsServer;
    private opening: Promise<OpenedDocument | UnsharedFile> | undefined;
    private mark: SavedMark | undefined;
    private readonly savedEmitter = new Emitter<void>();
    /** Set with the model that shows the text; waits until the document is bound. */
    storage: (() => Promise<SharedStorage>) | undefined;
    opened: OpenedDocument | undefined;
    /** Why the file is not shared. */
    unshared: UnsharedFile['reason'] | undefined;
    /** The person closes the file without saving. */
    discards = false;

    /** The file was saved, by whomever, or changed outside. */
    readonly onDidSave = this.savedEmitter.event;

    constructor(file: Resource, documents: SharedDocumentsServer) {
        this.file = file;
        this.documents = documents;
    }

    get uri(): Resource['uri'] {
        return this.file.uri;
    }

    get readOnly(): Resource['readOnly'] {
        return this.file.readOnly;
    }

    get onDidChangeReadOnly(): Resource['onDidChangeReadOnly'] {
        return this.file.onDidChangeReadOnly;
    }

    get autosaveable(): Resource['autosaveable'] {
        return this.file.autosaveable;
    }

    get version(): Resource['version'] {
        return this.opened ? undefined : this.file.version;
    }

    get encoding(): string | undefined {
        return this.opened ? 'utf8' : this.file.encoding;
    }

    /** What the file on disk has; only of shared files. */
    get saved(): SavedMark | undefined {
        return this.mark;
    }

    noteSaved(saved: SavedMark): void {
        this.mark = saved;
        this.savedEmitter.fire();
    }

    readContents(options?: ResourceReadOptions): Promise<string> {
        return this.read(() => this.file.readContents(options));
    }

    get readStream(): Resource['readStream'] {
        const { file } = this;
        // The editor takes a whole text here as well as a stream.
        return (options) => this.read(() => (file.readStream ? file.readStream(options) : file.readContents(options)) as never) as never;
    }

    get onDidChangeContents(): Resource['onDidChangeContents'] {
        return this.opened ? undefined : this.file.onDidChangeContents;
    }

    get saveContents(): Resource['saveContents'] {
        if (this.opened === undefined) {
            return this.file.saveContents;
        }
        return this.file.saveContents && (() => this.save());
    }

    get saveStream(): Resource['saveStream'] {
        return this.opened ? undefined : this.file.saveStream;
    }

    get saveContentChanges(): Resource['saveContentChanges'] {
        return this.opened ? undefined : this.file.saveContentChanges;
    }

    guessEncoding(): Promise<string | undefined> {
        return this.opened ? Promise.resolve('utf8') : Promise.resolve(this.file.guessEncoding?.());
    }

    dispose(): void {
        this.file.dispose();
        this.savedEmitter.dispose();
        if (this.opened) {
            void this.documents.close(this.opened.room, this.discards).catch(() => undefined);
        }
    }

    private async read<T extends string>(unshared: () => Promise<T>): Promise<T> {
        if (this.opened) {
            // Somebody wants back what is on disk.
            const text = await this.documents.readSaved(this.opened.room);
            return withEndings(text, this.mark?.lineEnding ?? '\n') as T;
        }
        this.opening ??= this.documents.open(this.uri.toString());
        let answer: OpenedDocument | UnsharedFile;
        try {
            answer = await this.opening;
        } catch (error) {
            console.warn(`${this.uri.toString()} is opened unshared.`, error);
            answer = { shared: false, reason: 'unreadable' };
        }
        if (!answer.shared) {
            this.unshared = answer.reason;
            return unshared();
        }
        this.opened = answer;
        this.mark = answer.saved;
        return answer.text as T;
    }

    private async save(): Promise<void> {
        const storage = await this.storage?.();
        if (storage === undefined) {
            throw new Error('The file is not ready to be saved. Try again in a moment.');
        }
        await storage.save();
    }
}
