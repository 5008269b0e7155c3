export { CollabDocument, type DocumentState, type RosterMember } from './collab-document.ts';
export { CollabSocket, type CollabSocketOptions, type SocketClose, type SocketState } from './collab-socket.ts';
export { RelayChannel, type RelayChannelOptions, type RelayMember } from './relay-channel.ts';
export { isPermanentClose, type TokenSource, type WebSocketConstructor, type WebSocketLike } from './web-socket.ts';
