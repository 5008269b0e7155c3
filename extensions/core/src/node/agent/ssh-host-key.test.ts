import { describe, expect, it } from 'vitest';
import { WELL_KNOWN_HOSTS } from './known-hosts';
import { fingerprintsOf, sshHostOf } from './ssh-host-key';

describe('SSH hosts', () => {
    it('are read from both forms of an address', () => {
        expect(sshHostOf('git@github.com:a/b.git')).toEqual({ host: 'github.com', port: 22 });
        expect(sshHostOf('ssh://git@git.example.com:2222/a/b.git')).toEqual({ host: 'git.example.com', port: 2222 });
        expect(sshHostOf('https://github.com/a/b.git')).toBeUndefined();
        expect(sshHostOf('-oProxyCommand=x:y')).toBeUndefined();
    });

    it('that everybody knows have the fingerprints that they publish', () => {
        expect(fingerprintsOf(WELL_KNOWN_HOSTS.join('\n'))).toEqual([
            'ssh-ed25519 SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
            'ecdsa-sha2-nistp256 SHA256:p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM',
            'ssh-ed25519 SHA256:eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8',
            'ecdsa-sha2-nistp256 SHA256:HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw',
            'ssh-ed25519 SHA256:ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM',
            'ecdsa-sha2-nistp256 SHA256:FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0',
            'ssh-rsa SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og',
            'ssh-ed25519 SHA256:mIlxA9k46MmM6qdJOdMnAQpzGxF4WIVVL+fj+wZbw0g',
        ]);
    });
});
