import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconKey } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { gitCredentialsQuery } from '../../api/queries.ts';
import { confirm } from '../../components/confirm.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import rows from '../../components/rows.module.css';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';
import { AddCredentialDialog } from './add-credential-dialog.tsx';

/** One credential per git host. `?host=…` opens the dialog for that host. */
export function GitCredentialsSection() {
    const texts = messages.account.git;
    const client = useQueryClient();
    const { data, error, refetch } = useQuery(gitCredentialsQuery);
    const wanted = useSearchParams()[0].get('host');
    const asked = useRef(false);
    const add = (host: string) =>
        modals.open({
            title: texts.add,
            children: <AddCredentialDialog host={host} known={data?.items.map((each) => each.host) ?? []} />,
            size: 440,
        });
    useEffect(() => {
        if (wanted !== null && !asked.current) {
            asked.current = true;
            modals.open({ title: texts.add, children: <AddCredentialDialog host={wanted} known={[]} />, size: 440 });
        }
    }, [wanted, texts.add]);
    const remove = useMutation({
        mutationFn: (host: string) => api.deleteGitCredential({ params: { host } }),
        onSettled: () => client.invalidateQueries({ queryKey: keys.gitCredentials }),
    });
    return (
        <Section
            id="git"
            title={texts.title}
            hint={texts.hint}
            actions={
                <Button variant="default" onClick={() => add('')}>
                    {texts.add}
                </Button>
            }
        >
            {error !== null && <FailureAlert error={error} onRetry={() => void refetch()} />}
            {data?.items.length === 0 && <p className={rows['none']}>{texts.none}</p>}
            {data !== undefined && data.items.length > 0 && (
                <ul className={rows['rows']}>
                    {data.items.map(({ host, username, createdAt }) => (
                        <li key={host} className={rows['row']}>
                            <IconKey size={16} aria-hidden color="var(--t-dim)" />
                            <span className={rows['grow']}>
                                <span className="mono">{host}</span>
                                <br />
                                <span className={rows['dim']}>
                                    {username} · {texts.added} <RelativeTime at={createdAt} />
                                </span>
                            </span>
                            <Button
                                variant="default"
                                aria-label={texts.removeNamed(host)}
                                onClick={() =>
                                    confirm({
                                        title: texts.removeTitle(host),
                                        text: texts.removeText,
                                        action: texts.removeNamed(host),
                                        onConfirm: () => remove.mutate(host),
                                    })
                                }
                            >
                                {texts.remove}
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
        </Section>
    );
}
