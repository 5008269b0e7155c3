import { watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** Several events of one change come within this time. */
const SETTLE_MS = 40;

/** Tells when files change that are watched; one watch for each folder. */
export class FileWatches {
    private readonly folders = new Map<string, { watcher: FSWatcher; files: Map<string, () => void> }>();
    private readonly timers = new Map<string, NodeJS.Timeout>();

    watch(file: string, onChange: () => void): void {
        const folder = path.dirname(file);
        let entry = this.folders.get(folder);
        if (entry === undefined) {
            try {
                const files = new Map<string, () => void>();
                const watcher = watch(folder, { persistent: false }, (_event, name) => this.changed(folder, name));
                watcher.on('error', () => this.close(folder));
                entry = { watcher, files };
                this.folders.set(folder, entry);
            } catch (error) {
                // Changes are then noticed when the file is saved.
                console.warn(`The folder ${folder} cannot be watched.`, error);
                return;
            }
        }
        entry.files.set(path.basename(file), onChange);
    }

    unwatch(file: string): void {
        const folder = path.dirname(file);
        const entry = this.folders.get(folder);
        entry?.files.delete(path.basename(file));
        if (entry?.files.size === 0) {
            this.close(folder);
        }
    }

    dispose(): void {
        [...this.folders.keys()].forEach((folder) => this.close(folder));
        this.timers.forEach((timer) => clearTimeout(timer));
    }

    private changed(folder: string, name: string | null): void {
        const { files } = this.folders.get(folder) ?? {};
        for (const file of name === null ? [...(files?.keys() ?? [])] : [name]) {
            if (files?.has(file)) {
                const key = path.join(folder, file);
                clearTimeout(this.timers.get(key));
                this.timers.set(
                    key,
                    setTimeout(() => {
                        this.timers.delete(key);
                        this.folders.get(folder)?.files.get(file)?.();
                    }, SETTLE_MS),
                );
            }
        }
    }

    private close(folder: string): void {
        this.folders.get(folder)?.watcher.close();
        this.folders.delete(folder);
    }
}
