import { Button } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { passkeysQuery } from '../../api/queries.ts';
import { confirm } from '../../components/confirm.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import rows from '../../components/rows.module.css';
import { messages } from '../../messages.ts';
import { RenamePasskeyDialog } from './rename-passkey-dialog.tsx';

/** Passkeys of mine: what each is called, when it was used, and taking it away. */
export function PasskeyList() {
    const texts = messages.account.signIn;
    const client = useQueryClient();
    const { data, error, refetch } = useQuery(passkeysQuery);
    const remove = useMutation({
        mutationFn: (id: string) => api.deletePasskey({ params: { id } }),
        onSettled: () =>
            Promise.all([client.invalidateQueries({ queryKey: keys.passkeys }), client.invalidateQueries({ queryKey: keys.session })]),
    });
    if (error !== null) {
        return <FailureAlert error={error} onRetry={() => void refetch()} />;
    }
    if (data === undefined || data.items.length === 0) {
        return null;
    }
    return (
        <ul className={rows['rows']}>
            {data.items.map(({ id, name, createdAt, lastUsedAt }) => (
                <li key={id} className={rows['row']}>
                    <IconFingerprint size={18} aria-hidden color="var(--t-dim)" />
                    <span className={rows['grow']}>
                        {name}
                        <br />
                        <span className={rows['dim']}>
                            {lastUsedAt === undefined ? texts.passkeyMade : texts.passkeyUsed} <RelativeTime at={lastUsedAt ?? createdAt} />
                        </span>
                    </span>
                    <Button
                        variant="subtle"
                        aria-label={texts.renamePasskey(name)}
                        onClick={() =>
                            modals.open({
                                title: texts.renamePasskey(name),
                                size: 440,
                                children: <RenamePasskeyDialog id={id} name={name} />,
                            })
                        }
                    >
                        {texts.rename}
                    </Button>
                    <Button
                        variant="default"
                        aria-label={texts.removePasskey(name)}
                        onClick={() =>
                            confirm({
                                title: texts.removePasskey(name),
                                text: texts.removePasskeyText,
                                action: texts.remove,
                                onConfirm: () => remove.mutate(id),
                            })
                        }
                    >
                        {texts.remove}
                    </Button>
                </li>
            ))}
        </ul>
    );
}
