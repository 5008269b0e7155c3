import { createApiClient, isApiError, type ApiClient } from '@tandem/api-client';
import { REQUEST_SECRET_HEADER } from '@tandem/protocol';
import { requestSecret } from './request-secret.ts';

const plain = createApiClient({
    baseUrl: '',
    headers: (): Record<string, string> => {
        const secret = requestSecret.get();
        return secret === undefined ? {} : { [REQUEST_SECRET_HEADER]: secret };
    },
});

let renewal: Promise<void> | undefined;

/** Gets the secret that this browser lost. Many calls that fail at once share one renewal. */
function renewSecret(): Promise<void> {
    renewal ??= plain
        .renewRequestSecret()
        .then((session) => requestSecret.set(session.requestSecret))
        .finally(() => (renewal = undefined));
    return renewal;
}

type Call = (options?: object) => Promise<unknown>;

/** The API of this origin. A call that is refused for want of the request secret is made again with a new one. */
export const api: ApiClient = new Proxy(plain, {
    get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function' || name === 'events' || name === 'renewRequestSecret') {
            return value;
        }
        const call = value as Call;
        return async (options?: object) => {
            try {
                return await call(options);
            } catch (error) {
                if (!isApiError(error, 'origin-refused')) {
                    throw error;
                }
                await renewSecret();
                return call(options);
            }
        };
    },
});
