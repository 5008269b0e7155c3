import { Select } from '@mantine/core';
import { IconUserPlus } from '@tabler/icons-react';
import type { Team, User } from '@tandem/protocol';
import { messages } from '../../messages.ts';
import { useMembers } from './use-members.ts';

/** Chooses a person; choosing adds. */
export function AddMember({ team, users }: { team: Team; users: readonly User[] }) {
    const texts = messages.teams;
    const { setRole } = useMembers(team);
    const inside = new Set(team.spec.members.map(({ user }) => user));
    const others = users
        .filter(({ metadata, spec }) => !inside.has(metadata.name) && !spec.disabled)
        .map(({ metadata, spec }) => ({ value: metadata.name, label: `${spec.displayName} (${spec.email})` }));
    return (
        <Select
            size="xs"
            w={240}
            aria-label={texts.add}
            placeholder={texts.add}
            leftSection={<IconUserPlus size={15} aria-hidden />}
            searchable
            limit={50}
            data={others}
            value={null}
            nothingFoundMessage={texts.everybody}
            onChange={(name) => name !== null && setRole(name, 'developer')}
        />
    );
}
