import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { OPEN_PATH, type Workspace, type WorkspacePort } from '@tandem/protocol';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { CopyButton } from '../../components/copy-button.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import classes from '../../components/rows.module.css';
import { showDone } from '../../components/toasts.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';
import { SharePortDialog } from './share-port-dialog.tsx';

/** One port: what listens there, who may use it, and the way to it. */
export function PortRow({ workspace, item }: { workspace: Workspace; item: WorkspacePort }) {
    const texts = messages.workspaces.page;
    const { name } = workspace.metadata;
    const { port, process, audience, expiresAt } = item;
    const client = useQueryClient();
    const { mutate, isPending } = useMutation({
        mutationFn: () => api.unsharePort({ params: { team: teamOf(workspace), name, port: String(port) } }),
        onSuccess: async () => {
            await client.invalidateQueries({ queryKey: keys.portsOf(name) });
            showDone(texts.unshared(port));
        },
    });
    const share = () =>
        modals.open({ title: texts.sharePort(port), size: 440, children: <SharePortDialog workspace={workspace} port={port} /> });
    return (
        <li className={classes['row']}>
            <span className="mono">{port}</span>
            <span className={classes['grow']}>
                {item.listening ? process : <span className={classes['dim']}>{texts.nothingListens}</span>}
                {audience !== undefined && (
                    <div className={classes['dim']}>
                        {texts.audiences[audience].shared}
                        {expiresAt !== undefined && (
                            <>
                                {' '}
                                {texts.sharedUntil} <RelativeTime at={expiresAt} clock />
                            </>
                        )}
                    </div>
                )}
            </span>
            {audience === undefined ? (
                <Button variant="subtle" onClick={share} aria-label={texts.sharePort(port)}>
                    {texts.share}
                </Button>
            ) : (
                <>
                    <CopyButton value={item.url} what={texts.portAddress(port)} />
                    <Button variant="subtle" loading={isPending} onClick={() => mutate()} aria-label={texts.unsharePort(port)}>
                        {texts.unshare}
                    </Button>
                </>
            )}
            <Button
                component="a"
                variant="default"
                target="_blank"
                rel="noreferrer"
                href={`${OPEN_PATH}${name}?port=${port}`}
                aria-label={texts.openPort(port)}
            >
                {messages.workspaces.open}
            </Button>
        </li>
    );
}
