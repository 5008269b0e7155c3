import { Button, TextInput, UnstyledButton } from '@mantine/core';
import { IconBox, IconBrandGit, IconChevronDown, IconTemplate } from '@tabler/icons-react';
import { useId, useRef, useState, type FormEvent } from 'react';
import { useSession } from '../../app/session-context.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { failureAt } from '../../api/failure.ts';
import { readGitAddress } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import { CreateOptions } from './create-options.tsx';
import { EMPTY_DRAFT, requestOf, type CreateDraft } from './create-draft.ts';
import { SameRepository } from './same-repository.tsx';
import { useCreate } from './use-create.ts';
import classes from './create-workspace.module.css';

interface CreateWorkspaceProps {
    /** What a link asks for. */
    initial?: Partial<CreateDraft>;
    /** The options are open from the start, and existing workspaces are offered elsewhere. */
    full?: boolean;
}

/** One field: paste an address, press Enter. All else has a default and is one click away. */
export function CreateWorkspace({ initial, full = false }: CreateWorkspaceProps) {
    const texts = messages.workspaces.create;
    const { teams } = useSession();
    const [draft, setDraft] = useState<CreateDraft>({ ...EMPTY_DRAFT, team: teams[0]?.name ?? '', ...initial });
    const [open, setOpen] = useState(full);
    const [refused, setRefused] = useState<string>();
    const field = useRef<HTMLInputElement>(null);
    const options = useId();
    const create = useCreate();
    const change = (part: Partial<CreateDraft>) => {
        setRefused(undefined);
        create.reset();
        setDraft((before) => ({ ...before, ...part }));
    };
    const typed = draft.address.trim();

    const submit = (event: FormEvent) => {
        event.preventDefault();
        if (requestOf(draft) === undefined) {
            setRefused(texts.notAnAddress(typed));
            field.current?.focus();
        } else if (typed !== '' || draft.template !== '' || full) {
            create.mutate(draft);
        } else {
            field.current?.focus();
        }
    };
    if (teams.length === 0) {
        return <p className={classes['noTeam']}>{texts.noTeam}</p>;
    }
    const fieldError = refused ?? failureAt(create.error, '/source/url');
    return (
        <form className={classes['create']} onSubmit={submit} aria-label={texts.pageTitle} noValidate>
            <div className={classes['line']}>
                <TextInput
                    ref={field}
                    size="md"
                    className={classes['address'] as string}
                    aria-label={texts.label}
                    placeholder={texts.placeholder}
                    autoComplete="off"
                    autoCapitalize="off"
                    spellCheck={false}
                    autoFocus={full && typed === ''}
                    leftSection={<IconBrandGit size={18} aria-hidden />}
                    value={draft.address}
                    error={fieldError}
                    onChange={(event) => change({ address: event.currentTarget.value })}
                />
                <Button type="submit" size="md" className={classes['submit'] as string} loading={create.isPending}>
                    {texts.submit}
                </Button>
            </div>
            {!full && <SameRepository url={readGitAddress(typed)?.url} />}
            <div className={classes['ways']}>
                <UnstyledButton className={classes['way']} aria-expanded={open} aria-controls={options} onClick={() => setOpen(!open)}>
                    <IconChevronDown size={15} aria-hidden className={classes['chevron']} data-open={open || undefined} />
                    {texts.options}
                </UnstyledButton>
                {!full && (
                    <>
                        <UnstyledButton
                            className={classes['way']}
                            onClick={() => {
                                setOpen(true);
                                setTimeout(() => document.getElementById(`${options}-template`)?.focus());
                            }}
                        >
                            <IconTemplate size={15} aria-hidden />
                            {texts.template}
                        </UnstyledButton>
                        <UnstyledButton
                            className={classes['way']}
                            disabled={create.isPending}
                            onClick={() => create.mutate({ ...draft, address: '', ref: '' })}
                        >
                            <IconBox size={15} aria-hidden />
                            {texts.empty}
                        </UnstyledButton>
                    </>
                )}
            </div>
            <div id={options} hidden={!open}>
                {open && <CreateOptions id={options} draft={draft} error={create.error} onChange={change} />}
            </div>
            {fieldError === undefined && <FailureAlert error={create.error} onRetry={() => create.mutate(draft)} />}
        </form>
    );
}
