import { WebSocketConnectionSource } from '@theia/core/lib/browser/messaging/ws-connection-source';
import { ContainerModule } from '@theia/core/shared/inversify';
import { ReliableConnectionSource } from './reliable-connection-source';

/** Loaded before everything else, so that the handshake overlaps the evaluation of the other modules. */
export const connectionModule = new ContainerModule((bind, unbind, isBound, rebind) => {
    bind(ReliableConnectionSource).toSelf().inSingletonScope();
    rebind(WebSocketConnectionSource).toService(ReliableConnectionSource);
});
