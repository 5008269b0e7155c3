/** Resolves when `check` is true; fails after `timeoutMs` with what was waited for. */
export async function waitFor(what: string, check: () => boolean | Promise<boolean>, timeoutMs = 15_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    while (!(await check())) {
        if (Date.now() > deadline) {
            throw new Error(`Waited too long for: ${what}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
}
