import { type EnvVariable, type EnvVariablesServer } from '@theia/core/lib/common/env-variables';
import { BOOT_ENVIRONMENT, type BootData } from '../../common/boot-data';

/** Answers from the page what it already knows about the backend's environment. */
export function bootEnvironment(data: BootData, backend: EnvVariablesServer): EnvVariablesServer {
    return {
        getExecPath: async () => data.execPath,
        getConfigDirUri: async () => data.configDirUri,
        getHomeDirUri: async () => data.homeDirUri,
        getVariables: () => backend.getVariables(),
        getDrives: () => backend.getDrives(),
        getValue: async (name: string): Promise<EnvVariable | undefined> => {
            if (!BOOT_ENVIRONMENT.includes(name)) {
                return backend.getValue(name);
            }
            const value = data.environment[name];
            return value ? { name, value } : undefined;
        },
    };
}
