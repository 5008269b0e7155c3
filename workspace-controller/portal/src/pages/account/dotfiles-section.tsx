import { Button, TextInput } from '@mantine/core';
import type { User } from '@tandem/protocol';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { api } from '../../api/client.ts';
import { failureAt } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { meQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { readGitAddress } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import classes from './form.module.css';

export function DotfilesSection() {
    const texts = messages.account.dotfiles;
    const { data } = useQuery(meQuery);
    return (
        <Section id="dotfiles" title={texts.title} hint={texts.hint}>
            {data && <DotfilesForm key={data.metadata.resourceVersion} me={data} />}
        </Section>
    );
}

function DotfilesForm({ me }: { me: User }) {
    const texts = messages.account.dotfiles;
    const client = useQueryClient();
    const before = { url: me.spec.dotfiles?.url ?? '', ref: me.spec.dotfiles?.ref ?? '' };
    const [url, setUrl] = useState(before.url);
    const [ref, setRef] = useState(before.ref);
    const [refused, setRefused] = useState<string>();
    const { mutate, isPending, error } = useMutation({
        mutationFn: (address: string) =>
            api.updateMe({ body: { dotfiles: { url: address, ...(ref.trim() === '' ? {} : { ref: ref.trim() }) } } }),
        meta: { inline: true },
        onSuccess: (user) => {
            client.setQueryData(keys.me, user);
            showDone(messages.common.saved);
        },
    });
    const submit = (event: FormEvent) => {
        event.preventDefault();
        const address = readGitAddress(url)?.url;
        setRefused(address === undefined ? messages.workspaces.create.notAnAddress(url.trim()) : undefined);
        if (address !== undefined) {
            mutate(address);
        }
    };
    const urlError = refused ?? failureAt(error, '/dotfiles/url');
    return (
        <form onSubmit={submit} className={classes['form']}>
            <div className={classes['pair']}>
                <TextInput
                    label={texts.url}
                    spellCheck={false}
                    value={url}
                    error={urlError}
                    onChange={(event) => setUrl(event.currentTarget.value)}
                />
                <TextInput
                    label={texts.ref}
                    placeholder={messages.workspaces.create.refPlaceholder}
                    spellCheck={false}
                    value={ref}
                    onChange={(event) => setRef(event.currentTarget.value)}
                />
            </div>
            {urlError === undefined && <FailureAlert error={error} />}
            <Button type="submit" loading={isPending} disabled={url.trim() === '' || (url === before.url && ref === before.ref)}>
                {texts.save}
            </Button>
        </form>
    );
}
