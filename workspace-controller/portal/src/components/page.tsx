import { IconChevronLeft } from '@tabler/icons-react';
import { useEffect, type ReactNode } from 'react';
import { messages } from '../messages.ts';
import classes from './page.module.css';

interface PageProps {
    title: string;
    /** Beside the title, at the right. */
    actions?: ReactNode;
    /** Under the title. */
    intro?: ReactNode;
    /** Above the title: the way back. */
    back?: ReactNode;
    /** A page to read rather than to scan. */
    narrow?: boolean;
    children: ReactNode;
}

/** The frame of a page: its title in the window too, its actions, its content. */
export function Page({ title, actions, intro, back, narrow = false, children }: PageProps) {
    usePageTitle(title);
    return (
        <div className={narrow ? `${classes['page']} ${classes['narrow']}` : classes['page']}>
            {back && (
                <div className={classes['back']}>
                    <IconChevronLeft size={15} aria-hidden />
                    {back}
                </div>
            )}
            <header className={classes['header']}>
                <div className={classes['words']}>
                    <h1 className={classes['title']}>{title}</h1>
                    {intro && <div className={classes['intro']}>{intro}</div>}
                </div>
                {actions && <div className={classes['actions']}>{actions}</div>}
            </header>
            {children}
        </div>
    );
}

export function usePageTitle(title: string): void {
    useEffect(() => {
        document.title = messages.common.pageTitle(title);
    }, [title]);
}
