import { Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { messages } from '../messages.ts';
import { failureOf } from '../api/failure.ts';
import classes from './toasts.module.css';

/** Says what was done, with a way back where there is one. */
export function showDone(text: string, undo?: () => void): void {
    const id = crypto.randomUUID();
    notifications.show({
        id,
        withBorder: true,
        autoClose: undo === undefined ? 4_000 : 8_000,
        classNames: classes,
        message: (
            <span className={classes['line']}>
                <span>{text}</span>
                {undo !== undefined && (
                    <Button
                        variant="subtle"
                        onClick={() => {
                            notifications.hide(id);
                            undo();
                        }}
                    >
                        {messages.common.undo}
                    </Button>
                )}
            </span>
        ),
    });
}

/** A failure that has no place of its own on the page. Stays until it is closed. */
export function showFailure(error: unknown): void {
    const failure = failureOf(error);
    notifications.show({
        id: `${failure.code} ${failure.text}`,
        title: failure.title,
        message: failure.text,
        color: 'red',
        withBorder: true,
        autoClose: false,
        classNames: classes,
        role: 'alert',
    });
}
