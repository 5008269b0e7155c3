import { CloseButton, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useRef } from 'react';
import { messages } from '../messages.ts';

interface FilterFieldProps {
    value: string;
    onChange: (value: string) => void;
    placeholder: string;
    className?: string | undefined;
}

/** Filters as you type. `/` goes there, Escape empties it. */
export function FilterField({ value, onChange, placeholder, className }: FilterFieldProps) {
    const input = useRef<HTMLInputElement>(null);
    useHotkeys([['/', () => input.current?.focus()]]);
    return (
        <TextInput
            ref={input}
            type="search"
            size="xs"
            className={className ?? ''}
            aria-label={placeholder}
            aria-keyshortcuts="/"
            placeholder={placeholder}
            value={value}
            leftSection={<IconSearch size={15} aria-hidden />}
            rightSection={value && <CloseButton size="sm" aria-label={messages.common.clearFilter} onClick={() => onChange('')} />}
            onChange={(event) => onChange(event.currentTarget.value)}
            onKeyDown={(event) => {
                if (event.key === 'Escape' && value !== '') {
                    event.stopPropagation();
                    onChange('');
                }
            }}
            styles={{ input: { height: 32, fontSize: 14 } }}
        />
    );
}
