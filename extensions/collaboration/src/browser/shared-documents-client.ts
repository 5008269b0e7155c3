import { Emitter } from '@theia/core/lib/common/event';
import { injectable } from '@theia/core/shared/inversify';
import type { SavedMark, SharedDocumentsClient } from '../common/shared-documents-protocol';

/** What the workspace's peer tells this page. */
@injectable()
export class SharedDocumentsClientImpl implements SharedDocumentsClient {
    private readonly updateEmitter = new Emitter<{ room: string; update: Uint8Array }>();
    private readonly savedEmitter = new Emitter<{ room: string; saved: SavedMark }>();

    readonly onDidUpdate = this.updateEmitter.event;
    readonly onDidSave = this.savedEmitter.event;

    onUpdate(room: string, update: Uint8Array): void {
        this.updateEmitter.fire({ room, update });
    }

    onSaved(room: string, saved: SavedMark): void {
        this.savedEmitter.fire({ room, saved });
    }
}
