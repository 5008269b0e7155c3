import type { WorkspaceTemplate } from '@tandem/protocol';

/** Annotation of a pool's member: what of its template was fixed when it started. */
export const BLUEPRINT = 'tandem.dev/blueprint';

/** Everything else of a template is bound when the member is claimed, so only this makes a member stale. */
export const blueprintOf = (template: WorkspaceTemplate['spec'] | undefined): string => `memory-${template?.memoryMiB ?? 'default'}`;
