import { useEffect } from 'react';
import { useLocation } from 'react-router';
import { Page } from '../../components/page.tsx';
import { messages } from '../../messages.ts';
import { DotfilesSection } from './dotfiles-section.tsx';
import { GitCredentialsSection } from './git-credentials-section.tsx';
import { ProfileSection } from './profile-section.tsx';
import { SessionsSection } from './sessions-section.tsx';
import { SignInSection } from './sign-in-section.tsx';
import { SshKeySection } from './ssh-key-section.tsx';
import { TokensSection } from './tokens-section.tsx';
import classes from './account-page.module.css';

/** What is mine: who I am, how git knows me, how I come in. */
export default function AccountPage() {
    const texts = messages.account;
    const { hash } = useLocation();
    useEffect(() => {
        if (hash !== '') {
            document.getElementById(hash.slice(1))?.scrollIntoView();
        }
    }, [hash]);
    const sections = [
        { id: 'profile', title: texts.profile.title },
        { id: 'git', title: texts.git.title },
        { id: 'ssh', title: texts.ssh.title },
        { id: 'dotfiles', title: texts.dotfiles.title },
        { id: 'sign-in', title: texts.signIn.title },
        { id: 'sessions', title: texts.sessions.title },
        { id: 'tokens', title: texts.tokens.title },
    ];
    return (
        <Page title={texts.title}>
            <div className={classes['columns']}>
                <nav aria-label={texts.sections} className={classes['nav']}>
                    {sections.map(({ id, title }) => (
                        <a key={id} href={`#${id}`}>
                            {title}
                        </a>
                    ))}
                </nav>
                <div className={classes['sections']}>
                    <ProfileSection />
                    <GitCredentialsSection />
                    <SshKeySection />
                    <DotfilesSection />
                    <SignInSection />
                    <SessionsSection />
                    <TokensSection />
                </div>
            </div>
        </Page>
    );
}
