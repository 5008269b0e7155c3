const KEY = 'tandem.request-secret';

/** The secret that proves that a call came from our page. Kept in origin storage, which no other origin can read. */
export const requestSecret = {
    get: (): string | undefined => {
        try {
            return localStorage.getItem(KEY) ?? undefined;
        } catch {
            return memory;
        }
    },
    set: (secret: string | undefined): void => {
        memory = secret;
        try {
            if (secret === undefined) {
                localStorage.removeItem(KEY);
            } else {
                localStorage.setItem(KEY, secret);
            }
        } catch {
            // A browser that keeps nothing: this tab has it in memory, and others ask for their own.
        }
    },
};

let memory: string | undefined;
