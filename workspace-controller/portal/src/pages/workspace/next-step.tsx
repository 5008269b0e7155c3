import { Button } from '@mantine/core';
import type { Workspace } from '@tandem/protocol';
import { Link } from 'react-router';
import { repositoryHost } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import { nextStepOf } from './next-step-of.ts';

/** The link that leads out of a failed preparation. */
export function NextStep({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const { url = '' } = workspace.spec.source ?? {};
    const step = nextStepOf(workspace.status.reasonCode, url);
    if (step === undefined) {
        return null;
    }
    const host = repositoryHost(url) ?? '';
    const newAddress = `/new?${new URLSearchParams({ repo: url, ...(step === 'address' ? { ref: workspace.spec.source?.ref ?? '' } : {}) })}`;
    const { to, label } = {
        credential: { to: `/account?host=${encodeURIComponent(host)}#git`, label: texts.fixCredential(host) },
        'ssh-key': { to: '/account#ssh', label: texts.fixSshKey },
        ref: { to: newAddress, label: texts.fixRef },
        address: { to: newAddress, label: texts.fixAddress },
    }[step];
    return (
        <Button component={Link} to={to} variant="default">
            {label}
        </Button>
    );
}
