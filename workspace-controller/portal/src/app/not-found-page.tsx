import { Button } from '@mantine/core';
import { IconError404 } from '@tabler/icons-react';
import { Link, useLocation } from 'react-router';
import { EmptyState } from '../components/empty-state.tsx';
import { Page } from '../components/page.tsx';
import { messages } from '../messages.ts';

export function NotFoundPage() {
    const { pathname } = useLocation();
    const { notFound } = messages.common;
    return (
        <Page title={notFound.title} narrow>
            <EmptyState icon={<IconError404 size={28} />} title={notFound.title} text={notFound.text(pathname)}>
                <Button component={Link} to="/">
                    {notFound.back}
                </Button>
            </EmptyState>
        </Page>
    );
}
