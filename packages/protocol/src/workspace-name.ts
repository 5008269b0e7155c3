import { RESERVED_HOST_LABELS, WEBVIEW_HOST_PREFIX } from './names.ts';

const WORKSPACE_NAME = /^[a-z][a-z0-9-]{1,20}[a-z0-9]$/;

/**
 * Whether `name` can be a workspace's host label: `[a-z][a-z0-9-]{1,20}[a-z0-9]`, no `--`, not beginning with `wv-`,
 * not reserved.
 */
export function isWorkspaceName(name: string): boolean {
    return (
        WORKSPACE_NAME.test(name) && !name.includes('--') && !name.startsWith(WEBVIEW_HOST_PREFIX) && !RESERVED_HOST_LABELS.includes(name)
    );
}
