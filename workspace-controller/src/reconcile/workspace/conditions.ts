/** Condition of a pool's member that can be claimed. */
export const WAITING = 'Waiting';
/** Condition that tells of the backend's last end and of its restart. */
export const BACKEND = 'Backend';
