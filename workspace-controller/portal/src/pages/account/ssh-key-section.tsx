import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/client.ts';
import { keys } from '../../api/keys.ts';
import { sshKeyQuery } from '../../api/queries.ts';
import { confirm } from '../../components/confirm.tsx';
import { CopyField } from '../../components/copy-field.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import rows from '../../components/rows.module.css';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';

/** The public half of my SSH key. */
export function SshKeySection() {
    const texts = messages.account.ssh;
    const client = useQueryClient();
    const { data, error, refetch } = useQuery(sshKeyQuery);
    const { mutate, isPending } = useMutation({
        mutationFn: () => api.createSshKey(),
        onSuccess: (key) => client.setQueryData(keys.sshKey, key),
    });
    const has = data?.publicKey !== undefined;
    const make = () =>
        has ? confirm({ title: texts.replaceTitle, text: texts.replaceText, action: texts.replace, onConfirm: () => mutate() }) : mutate();
    return (
        <Section
            id="ssh"
            title={texts.title}
            hint={has ? texts.hint : undefined}
            actions={
                data && (
                    <Button variant="default" loading={isPending} onClick={make}>
                        {has ? texts.replace : texts.create}
                    </Button>
                )
            }
        >
            {error !== null && <FailureAlert error={error} onRetry={() => void refetch()} />}
            {data &&
                (data.publicKey === undefined ? (
                    <p className={rows['none']}>{texts.none}</p>
                ) : (
                    <CopyField value={data.publicKey} what={texts.publicKey} />
                ))}
        </Section>
    );
}
