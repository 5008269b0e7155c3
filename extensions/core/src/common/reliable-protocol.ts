/** Socket.io event that carries how many messages the sender of the event has received. */
export const ACKNOWLEDGE_EVENT = 'tandem-acknowledge';
/** How long an acknowledgement may wait for more messages to be acknowledged with it. */
export const ACKNOWLEDGE_DELAY_MS = 1_000;
/** What the backend keeps for a browser that is away; beyond it the browser has to load the page anew. */
export const BACKEND_LIMIT_BYTES = 64 * 1024 * 1024;
/** What the browser keeps for a backend that it cannot reach. */
export const BROWSER_LIMIT_BYTES = 64 * 1024 * 1024;
/** Socket.io event: the page goes away for good, nothing has to be kept for it. */
export const LEAVE_EVENT = 'tandem-leave';
