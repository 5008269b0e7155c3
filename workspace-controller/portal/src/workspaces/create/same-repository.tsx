import type { Workspace } from '@tandem/protocol';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link } from 'react-router';
import { workspacesQuery } from '../../api/queries.ts';
import { useSession } from '../../app/session-context.ts';
import { repositoryLabel, sameRepository } from '../../logic/git-address.ts';
import { messages } from '../../messages.ts';
import { continueAddress } from '../continue-address.ts';
import { byActivity } from '../workspace-facts.ts';
import classes from './same-repository.module.css';

/** My workspaces of a repository, the last used first. */
export function useWorkspacesOf(url: string | undefined): readonly Workspace[] {
    const { data } = useQuery(workspacesQuery('mine'));
    const me = useSession().user.name;
    return useMemo(() => {
        const mine = url === undefined ? [] : (data?.items ?? []);
        return mine
            .filter(({ spec, metadata }) => spec.owner === me && metadata.deletedAt === undefined)
            .filter(({ spec }) => spec.source !== undefined && sameRepository(spec.source.url, url ?? ''))
            .toSorted(byActivity);
    }, [data, me, url]);
}

/** Says that there is a workspace of this repository already. */
export function SameRepository({ url }: { url: string | undefined }) {
    const texts = messages.workspaces;
    const known = useWorkspacesOf(url);
    const [latest] = known;
    if (url === undefined || latest === undefined) {
        return null;
    }
    const { href, leaves } = continueAddress(latest);
    const name = texts.openNamed(latest.spec.displayName);
    return (
        <p className={classes['hint']} role="status">
            {texts.create.exists(known.length, repositoryLabel(url))}.{' '}
            {leaves ? <a href={href}>{name}</a> : <Link to={href}>{texts.showProgress}</Link>}
        </p>
    );
}
