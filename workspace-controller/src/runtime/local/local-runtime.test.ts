import { workspaceRuntimeContract } from '../workspace-runtime.contract.ts';
import { makeLocalRuntime } from './local-runtime-under-test.ts';

workspaceRuntimeContract('LocalRuntime as this machine allows', () => makeLocalRuntime());
workspaceRuntimeContract('LocalRuntime without isolation', () => makeLocalRuntime({ isolation: 'none' }));
