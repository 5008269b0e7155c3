import type { BodyOf, OperationId, ParamsOf, QueryOf, ResponseOf, operations } from '@tandem/protocol';
import { EventSubscription, type EventOptions } from './events.ts';
import { readJson, send, urlOf, type ApiClientOptions, type CallParts } from './request.ts';
import { routes } from './routes.ts';
import { ApiStream } from './stream.ts';

/** Operations that answer with a stream instead of JSON. */
export type StreamOperationId = {
    [Id in OperationId]: (typeof operations)[Id] extends { stream: string } ? Id : never;
}[OperationId];

type Given<Name extends string, Value> = undefined extends Value
    ? { [K in Name]?: undefined }
    : object extends Value
      ? { [K in Name]?: Value }
      : { [K in Name]: Value };

/** What `client.<operation>` is called with. */
export type CallOptions<Id extends OperationId> = Given<'params', ParamsOf<Id>> &
    Given<'query', QueryOf<Id>> &
    Given<'body', BodyOf<Id>> &
    Pick<CallParts, 'signal' | 'headers' | 'idempotencyKey'>;

type Arguments<Id extends OperationId> = object extends CallOptions<Id> ? [options?: CallOptions<Id>] : [options: CallOptions<Id>];

export type ApiOperations = {
    [Id in OperationId]: (...args: Arguments<Id>) => Promise<Id extends StreamOperationId ? ApiStream : ResponseOf<Id>>;
};

export interface ApiClient extends ApiOperations {
    readonly baseUrl: string;
    /**
     * Follows changes of what the caller can see: connects again after failures, from the last event on, with growing,
     * random pauses. Ends by `close`, by `signal`, when the cursor is too old (state `expired`: list again and subscribe
     * with the list's `version`) or when the server refuses (state `refused`).
     */
    events(options: EventOptions): EventSubscription;
}

/**
 * A client of the controller's API. Each operation of the protocol's table is a method.
 *
 * @example await client.createWorkspace({ params: { team: 'home' }, body: { source: { url } }, idempotencyKey })
 */
export function createApiClient(options: ApiClientOptions): ApiClient {
    const call = async (id: OperationId, parts: CallParts): Promise<unknown> => {
        const route = routes[id];
        const response = await send(options, route, parts);
        if (route.stream !== undefined) {
            return new ApiStream(response);
        }
        return readJson(response, `${route.method} ${urlOf(options.baseUrl, route.path, parts)}`, parts.signal);
    };
    const methods = Object.fromEntries(
        (Object.keys(routes) as OperationId[]).map((id) => [id, (parts: CallParts = {}) => call(id, parts)]),
    ) as unknown as ApiOperations;
    return {
        ...methods,
        baseUrl: options.baseUrl,
        events: (eventOptions) =>
            new EventSubscription(
                (since, signal, headers) =>
                    send(options, routes.streamEvents, { query: { since, all: eventOptions.all }, signal, headers }),
                eventOptions,
            ),
    };
}
