import type { startAuthentication, startRegistration } from '@simplewebauthn/browser';
import type { Session } from '@tandem/protocol';
import { api } from '../api/client.ts';
import { browserInWords } from '../logic/browser-in-words.ts';
import { messages } from '../messages.ts';

/** Whether this browser can use passkeys on this address. */
export const passkeysWork = (): boolean => typeof window.PublicKeyCredential === 'function';

/** Loaded when a dialog is opened: most people never open one. */
const library = () => import('@simplewebauthn/browser');

type AuthenticationOptions = Parameters<typeof startAuthentication>[0]['optionsJSON'];
type RegistrationOptions = Parameters<typeof startRegistration>[0]['optionsJSON'];

/** @throws ApiError, or an Error with a text for people when the dialog was closed */
export async function signInWithPasskey(): Promise<Session> {
    const optionsJSON = (await api.beginPasskeySignIn()) as unknown as AuthenticationOptions;
    const response = await dialog(async () => (await library()).startAuthentication({ optionsJSON }));
    return api.finishPasskeySignIn({ body: response as unknown as Record<string, unknown> });
}

/** @throws ApiError, or an Error with a text for people when the dialog was closed */
export async function registerPasskey(): Promise<void> {
    const optionsJSON = (await api.beginPasskeyRegistration()) as unknown as RegistrationOptions;
    const response = await dialog(async () => (await library()).startRegistration({ optionsJSON }));
    const name = browserInWords(navigator.userAgent);
    await api.finishPasskeyRegistration({ body: { ...(response as unknown as Record<string, unknown>), name } });
}

async function dialog<T>(open: () => Promise<T>): Promise<T> {
    try {
        return await open();
    } catch (cause) {
        const closed = cause instanceof Error && ['NotAllowedError', 'AbortError'].includes(cause.name);
        throw closed ? new Error(messages.signIn.passkeyCancelled, { cause }) : cause;
    }
}
