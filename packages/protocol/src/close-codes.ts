/** WebSocket close codes of all Tandem sockets. 44xx is permanent for this credential, 45xx is transient. */
export const CLOSE_CODES = {
    /** RFC 6455: the server goes away or restarts. */
    goingAway: 1001,
    /** RFC 6455: a message over the limit. */
    messageTooBig: 1009,
    /** IANA registry: the service restarts, reconnect after a jittered pause. */
    serviceRestart: 1012,
    /** IANA registry: try again later; the receiver fell too far behind. */
    tryAgainLater: 1013,
    /** Signed out, or the grant was revoked. */
    signedOut: 4401,
    /** Not allowed. */
    denied: 4403,
    /** The session, grant or token ended by itself. */
    expired: 4408,
    /** Something on the server failed; the same request may work again. */
    transient: 4500,
} as const;

export type CloseCode = (typeof CLOSE_CODES)[keyof typeof CLOSE_CODES];

/** Whether a client that was closed with `code` gains nothing by dialling again with the same credential. */
export function isPermanentClose(code: number): boolean {
    return code >= 4400 && code < 4500;
}
