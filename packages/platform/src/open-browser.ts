import { spawn } from 'node:child_process';

/** Opens `url` in the person's browser when there is a desktop; otherwise does nothing. */
export function openBrowser(url: string, environment: NodeJS.ProcessEnv): void {
    const hasDesktop =
        process.platform === 'darwin' || environment['DISPLAY'] !== undefined || environment['WAYLAND_DISPLAY'] !== undefined;
    if (!hasDesktop || process.getuid?.() === 0) {
        return;
    }
    const child = spawn(process.platform === 'darwin' ? 'open' : 'xdg-open', [url], { detached: true, stdio: 'ignore' });
    child.on('error', () => undefined);
    child.unref();
}
