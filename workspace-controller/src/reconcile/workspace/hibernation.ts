import type { Workspace } from '@tandem/protocol';

/** Says why the spec asks for hibernation; counts only for the generation it was written with. */
const BECAUSE = 'tandem.dev/hibernated-because';
const ON_REQUEST = 'Hibernated on request.';

/** A workspace that is to run, as it asks for hibernation, with the reason for people, which its status takes over. */
export function hibernated(workspace: Workspace, reason: string): Workspace {
    const { metadata, spec } = workspace;
    return {
        ...workspace,
        metadata: { ...metadata, annotations: { ...metadata.annotations, [BECAUSE]: `${metadata.generation + 1}:${reason}` } },
        spec: { ...spec, operatingMode: 'Hibernated' },
    };
}

export function reasonOfHibernation({ metadata }: Workspace): string {
    const [generation, ...reason] = (metadata.annotations[BECAUSE] ?? '').split(':');
    return generation === String(metadata.generation) ? reason.join(':') : ON_REQUEST;
}
