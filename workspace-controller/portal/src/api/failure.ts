import { isApiError } from '@tandem/api-client';

/** What people are told about an error. */
export interface Failure {
    code: string;
    title: string;
    /** What was wrong with which value, and what to do. */
    text: string;
    /** JSON pointer to the value that was wrong. */
    pointer: string | undefined;
    requestId: string | undefined;
}

export function failureOf(error: unknown): Failure {
    if (isApiError(error)) {
        const { code, title, detail, pointer, requestId, status } = error.problem;
        // The client's own words about an unanswered call name addresses; people need the next step.
        const text = status === 0 && code === 'unavailable' ? 'Tandem did not answer. Check your network, then try again.' : (detail ?? '');
        return { code, title, text, pointer, requestId };
    }
    const text = error instanceof Error ? error.message : String(error);
    return { code: 'internal', title: 'Something went wrong in this page', text, pointer: undefined, requestId: undefined };
}

/** The text to show at a field when the error is about it. */
export function failureAt(error: unknown, pointer: string): string | undefined {
    if (error === null || error === undefined) {
        return undefined;
    }
    const failure = failureOf(error);
    return failure.pointer === pointer ? failure.text || failure.title : undefined;
}
