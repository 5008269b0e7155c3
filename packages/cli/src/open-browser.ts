import { spawn } from 'node:child_process';

/** Opens the page in the person's browser; false when none could be started. */
export function openBrowser(url: string, platform: NodeJS.Platform = process.platform): Promise<boolean> {
    const [command, ...args] = platform === 'darwin' ? ['open', url] : platform === 'win32' ? ['explorer.exe', url] : ['xdg-open', url];
    return new Promise((resolve) => {
        const child = spawn(command as string, args, { stdio: 'ignore', detached: true });
        child.on('error', () => resolve(false));
        child.on('spawn', () => {
            child.unref();
            resolve(true);
        });
    });
}
