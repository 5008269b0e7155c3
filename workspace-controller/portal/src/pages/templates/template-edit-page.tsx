import { Button } from '@mantine/core';
import { IconTemplateOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { templatesQuery } from '../../api/queries.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { Page } from '../../components/page.tsx';
import { Waiting } from '../../components/waiting.tsx';
import { messages } from '../../messages.ts';
import { draftOf, NEW_TEMPLATE } from './template-draft.ts';
import { TemplateForm } from './template-form.tsx';

/** Makes a template, or changes the one in the address. */
export default function TemplateEditPage() {
    const texts = messages.templates;
    const { name } = useParams();
    const templates = useQuery({ ...templatesQuery, enabled: name !== undefined });
    const back = <Link to="/templates">{texts.title}</Link>;
    if (name === undefined) {
        return (
            <Page title={texts.createTitle} back={back} narrow>
                <TemplateForm initial={NEW_TEMPLATE} isNew />
            </Page>
        );
    }
    if (templates.data === undefined) {
        return templates.isError ? (
            <Page title={name} back={back} narrow>
                <FailureAlert error={templates.error} onRetry={() => void templates.refetch()} />
            </Page>
        ) : (
            <Waiting />
        );
    }
    const template = templates.data.items.find(({ metadata }) => metadata.name === name);
    if (template === undefined) {
        return (
            <Page title={name} back={back} narrow>
                <EmptyState icon={<IconTemplateOff size={28} />} title={texts.missing.title} text={texts.missing.text}>
                    <Button component={Link} to="/templates" variant="default">
                        {texts.title}
                    </Button>
                </EmptyState>
            </Page>
        );
    }
    return (
        <Page title={texts.editTitle(template.spec.displayName)} back={back} narrow>
            <TemplateForm key={template.metadata.uid} initial={draftOf(template)} isNew={false} />
        </Page>
    );
}
