import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { tokensQuery } from '../../api/queries.ts';
import { confirm } from '../../components/confirm.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import rows from '../../components/rows.module.css';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';
import { CreateTokenDialog } from './create-token-dialog.tsx';

/** Tokens for scripts and the command line. */
export function TokensSection() {
    const texts = messages.account.tokens;
    const client = useQueryClient();
    const { data, error, refetch } = useQuery(tokensQuery);
    const revoke = useMutation({
        mutationFn: (id: string) => api.deleteToken({ params: { id } }),
        onSettled: () => client.invalidateQueries({ queryKey: keys.tokens }),
    });
    return (
        <Section
            id="tokens"
            title={texts.title}
            hint={texts.hint}
            actions={
                <Button variant="default" onClick={() => modals.open({ title: texts.create, children: <CreateTokenDialog />, size: 460 })}>
                    {texts.create}
                </Button>
            }
        >
            {error !== null && <FailureAlert error={error} onRetry={() => void refetch()} />}
            {data?.items.length === 0 && <p className={rows['none']}>{texts.none}</p>}
            {data !== undefined && data.items.length > 0 && (
                <ul className={rows['rows']}>
                    {data.items.map(({ id, name, scope, lastUsedAt, expiresAt }) => (
                        <li key={id} className={rows['row']}>
                            <span className={rows['grow']}>
                                {name}
                                <br />
                                <span className={rows['dim']}>
                                    {texts.scopes[scope]} · {texts.expiresAt} <RelativeTime at={expiresAt} /> ·{' '}
                                    {lastUsedAt ? (
                                        <>
                                            {texts.lastUsed} <RelativeTime at={lastUsedAt} />
                                        </>
                                    ) : (
                                        texts.neverUsed
                                    )}
                                </span>
                            </span>
                            <Button
                                variant="default"
                                aria-label={texts.revokeNamed(name)}
                                onClick={() =>
                                    confirm({
                                        title: texts.revokeTitle(name),
                                        text: texts.revokeText,
                                        action: texts.revokeNamed(name),
                                        onConfirm: () => revoke.mutate(id),
                                    })
                                }
                            >
                                {texts.revoke}
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
        </Section>
    );
}
