import { Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { failureAt } from '../../api/failure.ts';
import { templatesQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { repositoryLabel } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import type { CreateDraft } from './create-draft.ts';
import classes from './create-options.module.css';

interface CreateOptionsProps {
    id: string;
    draft: CreateDraft;
    error: unknown;
    onChange: (part: Partial<CreateDraft>) => void;
}

/** What has a default. */
export function CreateOptions({ id, draft, error, onChange }: CreateOptionsProps) {
    const texts = messages.workspaces.create;
    const { teams } = useSession();
    const { data } = useQuery(templatesQuery);
    const templates = (data?.items ?? []).map(({ metadata, spec }) => ({ value: metadata.name, label: spec.displayName }));
    const repository = data?.items.find(({ metadata }) => metadata.name === draft.template)?.spec.source?.url;
    return (
        <div className={classes['options']}>
            <TextInput
                label={texts.ref}
                placeholder={texts.refPlaceholder}
                autoComplete="off"
                spellCheck={false}
                value={draft.ref}
                error={failureAt(error, '/source/ref')}
                onChange={(event) => onChange({ ref: event.currentTarget.value })}
            />
            <TextInput
                label={texts.name}
                placeholder={texts.namePlaceholder}
                autoComplete="off"
                maxLength={80}
                value={draft.displayName}
                error={failureAt(error, '/displayName')}
                onChange={(event) => onChange({ displayName: event.currentTarget.value })}
            />
            <Select
                id={`${id}-template`}
                label={texts.templateLabel}
                placeholder={templates.find(({ value }) => value === 'default')?.label ?? ''}
                data={templates}
                value={draft.template || null}
                clearable
                searchable={templates.length > 8}
                description={repository && draft.address === '' ? texts.templateRepository(repositoryLabel(repository)) : undefined}
                inputWrapperOrder={['label', 'input', 'description', 'error']}
                error={failureAt(error, '/template')}
                onChange={(template) => onChange({ template: template ?? '' })}
            />
            {teams.length > 1 && (
                <Select
                    label={texts.team}
                    data={teams.map(({ name, displayName }) => ({ value: name, label: displayName }))}
                    value={draft.team}
                    onChange={(team) => onChange({ team: team ?? draft.team })}
                />
            )}
        </div>
    );
}
