export type NextStep = 'credential' | 'ssh-key' | 'ref' | 'address';

const STEPS: Readonly<Record<string, 'access' | 'ref' | 'address'>> = {
    'git-auth': 'access',
    'git-ref-not-found': 'ref',
    'git-not-found': 'address',
    'git-unreachable': 'address',
};

/** What helps against a reason that a preparation failed for, besides trying again. */
export function nextStepOf(reasonCode: string | undefined, url: string): NextStep | undefined {
    const step = reasonCode === undefined || url === '' ? undefined : STEPS[reasonCode];
    if (step === 'access') {
        return /^https?:/.test(url) ? 'credential' : 'ssh-key';
    }
    return step;
}
