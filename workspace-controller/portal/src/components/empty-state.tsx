import type { ReactNode } from 'react';
import classes from './empty-state.module.css';

interface EmptyStateProps {
    icon: ReactNode;
    title: string;
    text: string;
    children?: ReactNode;
}

/** What stands where nothing is yet: one next step. */
export function EmptyState({ icon, title, text, children }: EmptyStateProps) {
    return (
        <div className={classes['empty']}>
            <span className={classes['icon']} aria-hidden>
                {icon}
            </span>
            <h2 className={classes['title']}>{title}</h2>
            <p className={classes['text']}>{text}</p>
            {children && <div className={classes['action']}>{children}</div>}
        </div>
    );
}
