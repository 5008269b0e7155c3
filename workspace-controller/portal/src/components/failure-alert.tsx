import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { failureOf } from '../api/failure.ts';
import { messages } from '../messages.ts';
import { CopyButton } from './copy-button.tsx';
import classes from './failure-alert.module.css';

interface FailureAlertProps {
    error: unknown;
    /** In place of the error's own title. */
    title?: string;
    onRetry?: () => void;
    children?: ReactNode;
}

/** An error where its cause is: what was wrong, its code to copy, and the next step. */
export function FailureAlert({ error, title, onRetry, children }: FailureAlertProps) {
    if (error === null || error === undefined) {
        return null;
    }
    const failure = failureOf(error);
    const heading = title ?? failure.title;
    // Many messages begin with what the title says.
    const repeats = failure.text.startsWith(heading);
    const code = messages.common.errorCode(failure.code, failure.requestId);
    return (
        <div role="alert" className={classes['alert']}>
            <IconAlertTriangle size={18} className={classes['icon']} aria-hidden />
            <div className={classes['body']}>
                {!repeats && <div className={classes['title']}>{heading}</div>}
                {failure.text && <div className={classes['text']}>{failure.text}</div>}
                <div className={classes['foot']}>
                    {onRetry && (
                        <Button variant="default" onClick={onRetry}>
                            {messages.common.retry}
                        </Button>
                    )}
                    {children}
                    <code className={classes['code']}>{code}</code>
                    <CopyButton value={`${heading}\n${failure.text}\n${code}`} what={messages.common.copyError} bare />
                </div>
            </div>
        </div>
    );
}
