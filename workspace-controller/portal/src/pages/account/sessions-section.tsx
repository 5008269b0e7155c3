import { Button } from '@mantine/core';
import { IconDeviceLaptop, IconDeviceMobile } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { sessionsQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import rows from '../../components/rows.module.css';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { browserInWords } from '../../logic/browser-in-words.ts';
import { messages } from '../../messages.ts';

/** Browsers that are signed in as me, and signing them out. */
export function SessionsSection() {
    const texts = messages.account.sessions;
    const client = useQueryClient();
    const { data, error, refetch } = useQuery(sessionsQuery);
    const end = useMutation({
        mutationFn: (ids: readonly string[]) => Promise.all(ids.map((id) => api.endSession({ params: { id } }))),
        onSuccess: () => showDone(texts.ended),
        onSettled: () => client.invalidateQueries({ queryKey: keys.sessions }),
    });
    const others = data?.items.filter((session) => !session.current) ?? [];
    return (
        <Section
            id="sessions"
            title={texts.title}
            actions={
                others.length > 1 && (
                    <Button variant="default" loading={end.isPending} onClick={() => end.mutate(others.map(({ id }) => id))}>
                        {texts.endOthers}
                    </Button>
                )
            }
        >
            {error !== null && <FailureAlert error={error} onRetry={() => void refetch()} />}
            {data && (
                <ul className={rows['rows']}>
                    {data.items.map(({ id, userAgent, address, lastSeenAt, current }) => {
                        const browser = browserInWords(userAgent);
                        const Icon = /Mobile|Android|iPhone/.test(userAgent) ? IconDeviceMobile : IconDeviceLaptop;
                        return (
                            <li key={id} className={rows['row']}>
                                <Icon size={18} aria-hidden color="var(--t-dim)" />
                                <span className={rows['grow']}>
                                    {browser}
                                    <br />
                                    <span className={rows['dim']}>
                                        {address} · {texts.lastSeen} <RelativeTime at={lastSeenAt} />
                                    </span>
                                </span>
                                {current ? (
                                    <span className={rows['dim']}>{texts.current}</span>
                                ) : (
                                    <Button variant="default" aria-label={texts.endNamed(browser)} onClick={() => end.mutate([id])}>
                                        {texts.end}
                                    </Button>
                                )}
                            </li>
                        );
                    })}
                </ul>
            )}
        </Section>
    );
}
