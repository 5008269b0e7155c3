import { Button } from '@mantine/core';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { OPEN_PATH } from '@tandem/protocol';
import { portsQuery } from '../../api/queries.ts';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';
import classes from '../../components/rows.module.css';

/** Programs that listen; opened through the portal, which signs the browser in there. */
export function PortsSection({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const { name } = workspace.metadata;
    const { data, refetch } = useQuery({ ...portsQuery(teamOf(workspace), name), staleTime: 0 });
    if (data === undefined) {
        return null;
    }
    return (
        <Section
            title={texts.ports}
            actions={
                <Button variant="subtle" onClick={() => void refetch()}>
                    {texts.refreshLog}
                </Button>
            }
        >
            {data.items.length === 0 ? (
                <p className={classes['none']}>{texts.noPorts}</p>
            ) : (
                <ul className={classes['rows']}>
                    {data.items.map(({ port, process }) => (
                        <li key={port} className={classes['row']}>
                            <span className="mono">{port}</span>
                            <span className={classes['grow']}>{process}</span>
                            <Button
                                component="a"
                                variant="default"
                                target="_blank"
                                rel="noreferrer"
                                href={`${OPEN_PATH}${name}?port=${port}`}
                                aria-label={texts.openPort(port)}
                            >
                                {messages.workspaces.open}
                            </Button>
                        </li>
                    ))}
                </ul>
            )}
        </Section>
    );
}
