import type { ReactNode } from 'react';
import { Logo } from '../../components/logo.tsx';
import { usePageTitle } from '../../components/page.tsx';
import classes from './gate.module.css';

/** The frame of the pages before one is in. */
export function Gate({ title, intro, children }: { title: string; intro?: ReactNode; children?: ReactNode }) {
    usePageTitle(title);
    return (
        <main className={classes['gate']}>
            <div className={classes['box']}>
                <Logo size={40} />
                <h1 className={classes['title']}>{title}</h1>
                {intro && <div className={classes['intro']}>{intro}</div>}
                <div className={classes['content']}>{children}</div>
            </div>
        </main>
    );
}
