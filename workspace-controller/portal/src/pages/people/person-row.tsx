import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconShield, IconShieldOff, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import type { Team, User } from '@tandem/protocol';
import { useSession } from '../../app/session-context.ts';
import { PersonMark } from '../../components/person-mark.tsx';
import classes from '../../components/table-like.module.css';
import { messages } from '../../messages.ts';
import { useUpdateUser } from './use-update-user.ts';

export function PersonRow({ user, teams }: { user: User; teams: readonly Team[] }) {
    const texts = messages.people;
    const { displayName, email, admin, disabled } = user.spec;
    const isMe = useSession().user.name === user.metadata.name;
    const { setAdmin, setDisabled } = useUpdateUser();
    return (
        <div className={classes['row']}>
            <PersonMark name={displayName} />
            <div style={{ minWidth: 0 }}>
                <div className={classes['title']}>{displayName}</div>
                <div className={classes['sub']}>{email}</div>
            </div>
            <div className={classes['facts']}>
                {disabled && (
                    <span className={classes['tag']} data-off>
                        {texts.disabled}
                    </span>
                )}
                {isMe && <span className={classes['tag']}>{texts.you}</span>}
                {admin && (
                    <span className={classes['tag']} data-strong>
                        {messages.roles.admin}
                    </span>
                )}
                {teams.length === 0 && <span>{texts.noTeam}</span>}
                {teams.slice(0, 3).map((team) => (
                    <span key={team.metadata.uid} className={classes['tag']}>
                        {team.spec.displayName}
                    </span>
                ))}
                {teams.length > 3 && <span>+{teams.length - 3}</span>}
            </div>
            <div className={classes['actions']}>
                <Menu width={210}>
                    <Menu.Target>
                        <ActionIcon size={30} aria-label={messages.common.moreActions(displayName)}>
                            <IconDots size={18} />
                        </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                        <Menu.Item
                            leftSection={admin ? <IconShieldOff size={16} /> : <IconShield size={16} />}
                            onClick={() => setAdmin(user, !admin)}
                        >
                            {admin ? texts.removeAdmin : texts.makeAdmin}
                        </Menu.Item>
                        {!isMe && (
                            <Menu.Item
                                leftSection={disabled ? <IconUserCheck size={16} /> : <IconUserOff size={16} />}
                                onClick={() => setDisabled(user, !disabled)}
                            >
                                {disabled ? texts.enable : texts.disable}
                            </Menu.Item>
                        )}
                    </Menu.Dropdown>
                </Menu>
            </div>
        </div>
    );
}
