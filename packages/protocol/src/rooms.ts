/** Room names of the collaboration server are 1 to 256 UTF-8 bytes. */
export const MAX_ROOM_NAME_BYTES = 256;

/** Rooms of one workspace; `fileId` and `epoch` are minted by the workspace's peer. */
export const rooms = {
    file: (workspaceUid: string, fileId: string, epoch: number): string => `w/${workspaceUid}/f/${fileId}.${epoch}`,
    state: (workspaceUid: string): string => `w/${workspaceUid}/state`,
    shared: (workspaceUid: string): string => `w/${workspaceUid}/shared`,
    threads: (workspaceUid: string): string => `w/${workspaceUid}/threads`,
    all: (workspaceUid: string): string => `w/${workspaceUid}/**`,
    review: (reviewUid: string): string => `r/${reviewUid}`,
} as const;

/**
 * Whether a room name fits a pattern: segments are separated by `/`, `*` stands for one segment, a final `**` for one
 * or more of the rest; everything else is literal.
 */
export function matchesRoomPattern(pattern: string, room: string): boolean {
    const wanted = pattern.split('/');
    const given = room.split('/');
    for (let index = 0; index < wanted.length; index++) {
        if (wanted[index] === '**' && index === wanted.length - 1) {
            return given.length > index;
        }
        if (index >= given.length || (wanted[index] !== '*' && wanted[index] !== given[index])) {
            return false;
        }
    }
    return wanted.length === given.length;
}
