import { Button, Loader, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { logQuery } from '../../api/queries.ts';
import { FailureAlert } from '../../components/failure-alert.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';
import classes from './log-disclosure.module.css';

/** The log of preparation and runtime, read when it is asked for, and again with every change of the workspace. */
export function LogDisclosure({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const failed = workspace.status.state === 'failed';
    const [chosen, setOpen] = useState<boolean>();
    const open = chosen ?? failed;
    const id = useId();
    return (
        <section className={classes['log']}>
            <UnstyledButton className={classes['toggle']} aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
                <IconChevronDown size={16} aria-hidden className={classes['chevron']} data-open={open || undefined} />
                {texts.log}
            </UnstyledButton>
            <div id={id}>{open && <Log workspace={workspace} />}</div>
        </section>
    );
}

function Log({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const { data, error, isFetching, refetch } = useQuery({ ...logQuery(teamOf(workspace), workspace.metadata.name), staleTime: 0 });
    const box = useRef<HTMLPreElement>(null);
    const atEnd = useRef(true);
    const { resourceVersion } = workspace.metadata;
    const shownVersion = useRef(resourceVersion);
    useEffect(() => {
        if (shownVersion.current !== resourceVersion) {
            shownVersion.current = resourceVersion;
            void refetch();
        }
    }, [resourceVersion, refetch]);
    useEffect(() => {
        // Follows the end, unless the reader scrolled up.
        if (box.current !== null && atEnd.current) {
            box.current.scrollTop = box.current.scrollHeight;
        }
    }, [data]);
    if (error !== null) {
        return <FailureAlert error={error} title={messages.common.loadFailed(texts.log)} onRetry={() => void refetch()} />;
    }
    return (
        <div className={classes['frame']}>
            <pre
                ref={box}
                tabIndex={0}
                role="log"
                aria-label={texts.log}
                className={classes['text']}
                onScroll={({ currentTarget: { scrollTop, clientHeight, scrollHeight } }) => {
                    atEnd.current = scrollTop + clientHeight >= scrollHeight - 8;
                }}
            >
                {data === undefined ? <Loader size="xs" /> : data.text.trim() === '' ? texts.logEmpty : data.text}
            </pre>
            <Button
                variant="subtle"
                className={classes['again'] as string}
                loading={isFetching && data !== undefined}
                onClick={() => void refetch()}
            >
                {texts.refreshLog}
            </Button>
        </div>
    );
}
