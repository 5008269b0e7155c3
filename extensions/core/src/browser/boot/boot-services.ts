import type { interfaces } from '@theia/core/shared/inversify';
import { OSBackendProvider } from '@theia/core/lib/common/os';
import type { BootData } from '../../common/boot-data';

/** Token of the facts that the backend wrote into the page. */
export const BootDataToken = Symbol('BootData');

/** Answers from the page what stock Theia asks the backend before it starts. Call after the preload modules are loaded. */
export function bindBootData(container: interfaces.Container, data: BootData): void {
    container.bind(BootDataToken).toConstantValue(data);
    container.rebind(OSBackendProvider).toConstantValue({ getBackendOS: () => Promise.resolve(data.os) } as never);
}
