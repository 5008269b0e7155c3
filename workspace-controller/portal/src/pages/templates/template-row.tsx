import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import type { WorkspaceTemplate } from '@tandem/protocol';
import { Link } from 'react-router';
import { useSession } from '../../app/session-context.ts';
import { repositoryLabel } from '../../logic/git-address.ts';
import { minutesInWords } from '../../logic/time.ts';
import { memoryInWords } from '../../logic/memory.ts';
import { messages } from '../../messages.ts';
import { useDeleteTemplate } from './use-delete-template.ts';
import classes from './template-row.module.css';

export function TemplateRow({ template }: { template: WorkspaceTemplate }) {
    const texts = messages.templates;
    const { metadata, spec } = template;
    const { admin } = useSession().user;
    const remove = useDeleteTemplate();
    const address = `/templates/${encodeURIComponent(metadata.name)}`;
    return (
        <div className={classes['row']}>
            <div className={classes['main']}>
                <div className={classes['name']}>{spec.displayName}</div>
                {spec.description && <div className={classes['description']}>{spec.description}</div>}
                <div className={classes['facts']}>
                    <span className="mono">{spec.source ? repositoryLabel(spec.source.url) : metadata.name}</span>
                    <span>{texts.idle(minutesInWords(spec.idleTimeoutMinutes))}</span>
                    <span>{texts.memory(memoryInWords(spec.memoryMiB))}</span>
                </div>
            </div>
            <div className={classes['actions']}>
                <Button
                    component={Link}
                    variant="default"
                    to={`/new?template=${encodeURIComponent(metadata.name)}`}
                    aria-label={texts.useNamed(spec.displayName)}
                >
                    {texts.use}
                </Button>
                {admin && (
                    <Menu width={190}>
                        <Menu.Target>
                            <ActionIcon size={30} aria-label={messages.common.moreActions(spec.displayName)}>
                                <IconDots size={18} />
                            </ActionIcon>
                        </Menu.Target>
                        <Menu.Dropdown>
                            <Menu.Item component={Link} to={address} leftSection={<IconPencil size={16} />}>
                                {texts.edit}
                            </Menu.Item>
                            <Menu.Item color="red" leftSection={<IconTrash size={16} />} onClick={() => remove(template)}>
                                {texts.delete}
                            </Menu.Item>
                        </Menu.Dropdown>
                    </Menu>
                )}
            </div>
        </div>
    );
}
