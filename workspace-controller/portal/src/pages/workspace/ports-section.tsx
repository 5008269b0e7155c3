import { Button } from '@mantine/core';
import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { portsQuery } from '../../api/queries.ts';
import classes from '../../components/rows.module.css';
import { Section } from '../../components/section.tsx';
import { messages } from '../../messages.ts';
import { teamOf } from '../../workspaces/workspace-facts.ts';
import { PortRow } from './port-row.tsx';

/** Programs that listen; opened through the portal, which signs the browser in there. */
export function PortsSection({ workspace }: { workspace: Workspace }) {
    const texts = messages.workspaces.page;
    const { name, generation } = workspace.metadata;
    const { data, refetch } = useQuery({ ...portsQuery(teamOf(workspace), name, generation), staleTime: 0 });
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
                    {data.items.map((item) => (
                        <PortRow key={item.port} workspace={workspace} item={item} />
                    ))}
                </ul>
            )}
        </Section>
    );
}
