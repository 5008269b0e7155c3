import { TextInput } from '@mantine/core';
import { CopyButton } from './copy-button.tsx';
import classes from './copy-field.module.css';

/** A text to take along: selected by a click, copied by a button. */
export function CopyField({ value, what }: { value: string; what: string }) {
    return (
        <div className={classes['field']}>
            <TextInput
                readOnly
                value={value}
                aria-label={what}
                onFocus={(event) => event.currentTarget.select()}
                classNames={{ root: classes['grow'], input: 'mono' }}
            />
            <CopyButton value={value} what={what} wide />
        </div>
    );
}
