import { Button, Group, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useNavigate } from 'react-router';
import { api } from '../../api/client.ts';
import { failureAt, failureOf } from '../../api/failure.ts';
import { keys } from '../../api/keys.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Section } from '../../components/section.tsx';
import { showDone } from '../../components/toasts.tsx';
import { shortName } from '../../logic/short-name.ts';
import { putIntoList } from '../../live/put-into-list.ts';
import { messages } from '../../messages.ts';
import { isWrongLine, readEnvironment, specOf, type TemplateDraft } from './template-draft.ts';
import classes from './template-form.module.css';

export function TemplateForm({ initial, isNew }: { initial: TemplateDraft; isNew: boolean }) {
    const texts = messages.templates;
    const client = useQueryClient();
    const navigate = useNavigate();
    const [draft, setDraft] = useState(initial);
    const [nameTyped, setNameTyped] = useState(!isNew);
    const [environmentError, setEnvironmentError] = useState<string>();
    const { mutate, isPending, error } = useMutation({
        mutationFn: (body: { name: string; spec: ReturnType<typeof specOf> }) => api.putTemplate({ params: { name: body.name }, body }),
        meta: { inline: true },
        onSuccess: (template) => {
            putIntoList(client, keys.templates, template);
            showDone(messages.common.saved);
            void navigate('/templates');
        },
    });
    const name = nameTyped ? draft.name : shortName(draft.displayName);
    const change = (part: Partial<TemplateDraft>) => setDraft((before) => ({ ...before, ...part }));
    const submit = (event: FormEvent) => {
        event.preventDefault();
        const environment = readEnvironment(draft.environment);
        if (isWrongLine(environment)) {
            setEnvironmentError(texts.environmentWrong(environment.line, environment.text));
        } else {
            setEnvironmentError(undefined);
            mutate({ name, spec: specOf(draft, environment) });
        }
    };
    const text = (field: 'displayName' | 'description' | 'url' | 'ref', pointer: string) => ({
        value: draft[field],
        error: failureAt(error, pointer),
        onChange: (event: { currentTarget: { value: string } }) => change({ [field]: event.currentTarget.value }),
    });
    const number = (field: 'idleTimeoutMinutes' | 'keepAwakeCeilingMinutes' | 'memoryMiB', min: number, max: number) => ({
        required: true,
        min,
        max,
        allowDecimal: false,
        hideControls: true,
        value: draft[field],
        error: failureAt(error, `/spec/${field}`),
        onChange: (value: number | string) => change({ [field]: typeof value === 'number' ? value : min }),
    });
    const atField =
        error !== null && /^\/(name|spec\/(displayName|description|source|idle|keep|memory))/.test(failureOf(error).pointer ?? '');
    return (
        <form onSubmit={submit}>
            <div className={classes['fields']}>
                <TextInput required maxLength={80} label={texts.displayName} {...text('displayName', '/spec/displayName')} />
                <TextInput
                    required
                    maxLength={63}
                    label={texts.name}
                    description={texts.nameHint}
                    readOnly={!isNew}
                    spellCheck={false}
                    value={name}
                    error={failureAt(error, '/name') ?? failureAt(error, '/params/name')}
                    onChange={(event) => {
                        setNameTyped(true);
                        change({ name: event.currentTarget.value });
                    }}
                />
                <Textarea
                    autosize
                    minRows={2}
                    maxRows={6}
                    maxLength={1024}
                    label={texts.description}
                    {...text('description', '/spec/description')}
                />
            </div>
            <Section title={texts.begin}>
                <div className={classes['fields']}>
                    <div className={classes['pair']}>
                        <TextInput
                            label={texts.repository}
                            description={texts.repositoryHint}
                            spellCheck={false}
                            {...text('url', '/spec/source/url')}
                        />
                        <TextInput label={texts.ref} description={'\u00a0'} spellCheck={false} {...text('ref', '/spec/source/ref')} />
                    </div>
                    <Textarea
                        autosize
                        minRows={2}
                        maxRows={10}
                        label={texts.prepare}
                        description={texts.prepareHint}
                        classNames={{ input: 'mono' }}
                        spellCheck={false}
                        value={draft.prepareCommand}
                        onChange={(event) => change({ prepareCommand: event.currentTarget.value })}
                    />
                    <Textarea
                        autosize
                        minRows={2}
                        maxRows={12}
                        label={texts.environment}
                        description={texts.environmentHint}
                        classNames={{ input: 'mono' }}
                        spellCheck={false}
                        value={draft.environment}
                        error={environmentError ?? failureAt(error, '/spec/environment')}
                        onChange={(event) => change({ environment: event.currentTarget.value })}
                    />
                </div>
            </Section>
            <Section title={texts.limits}>
                <div className={classes['limits']}>
                    <NumberInput label={texts.idleTimeout} {...number('idleTimeoutMinutes', 1, 10_080)} />
                    <NumberInput label={texts.ceiling} {...number('keepAwakeCeilingMinutes', 1, 43_200)} />
                    <NumberInput label={texts.memoryMiB} {...number('memoryMiB', 256, 1_048_576)} />
                </div>
            </Section>
            <div className={classes['foot']}>
                {!atField && <FailureAlert error={error} />}
                <Group gap="xs">
                    <Button type="submit" loading={isPending} disabled={name === '' || draft.displayName.trim() === ''}>
                        {texts.save}
                    </Button>
                    <Button variant="default" onClick={() => void navigate('/templates')}>
                        {messages.common.cancel}
                    </Button>
                </Group>
            </div>
        </form>
    );
}
