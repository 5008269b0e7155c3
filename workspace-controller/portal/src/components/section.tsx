import { useId, type ReactNode } from 'react';
import classes from './section.module.css';

interface SectionProps {
    title: string;
    hint?: ReactNode;
    actions?: ReactNode;
    /** Target of links to this section. */
    id?: string;
    children: ReactNode;
}

/** A titled part of a page. */
export function Section({ title, hint, actions, id, children }: SectionProps) {
    const heading = useId();
    return (
        <section aria-labelledby={heading} id={id} className={classes['section']}>
            <div className={classes['head']}>
                <div className={classes['words']}>
                    <h2 id={heading} className={classes['title']}>
                        {title}
                    </h2>
                    {hint && <p className={classes['hint']}>{hint}</p>}
                </div>
                {actions}
            </div>
            {children}
        </section>
    );
}
