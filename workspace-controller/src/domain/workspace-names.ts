import { isWorkspaceName } from '@tandem/protocol';

const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const MAX_STEM_LENGTH = 17;
const ADJECTIVES = [
    'amber',
    'brisk',
    'calm',
    'clear',
    'deft',
    'fair',
    'fresh',
    'keen',
    'light',
    'lucid',
    'mild',
    'neat',
    'prime',
    'quick',
    'quiet',
    'swift',
    'tidy',
    'vivid',
];
const NOUNS = [
    'aspen',
    'brook',
    'cedar',
    'comet',
    'delta',
    'ember',
    'fjord',
    'grove',
    'heron',
    'maple',
    'otter',
    'pearl',
    'reef',
    'river',
    'robin',
    'tulip',
    'wren',
];

/** Four characters that tell names apart; `random` gives numbers from 0 (inclusive) to 1. */
export function nameSuffix(random: () => number): string {
    return Array.from({ length: 4 }, () => ALPHABET[Math.floor(random() * ALPHABET.length)]).join('');
}

/** A name for a workspace of this repository: its last path segment, made to fit, plus four characters. */
export function nameFromRepository(url: string | undefined, random: () => number): string {
    const last =
        (url ?? '')
            .replace(/[?#].*$/, '')
            .replace(/\/+$/, '')
            .replace(/\.git$/i, '')
            .split(/[/:]/)
            .at(-1) ?? '';
    const stem = last
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^[^a-z]+/, '')
        .slice(0, MAX_STEM_LENGTH)
        .replace(/-+$/, '');
    const name = `${stem.length >= 1 ? stem : 'project'}-${nameSuffix(random)}`;
    return isWorkspaceName(name) ? name : `project-${nameSuffix(random)}`;
}

/** A name for a workspace that is started before anyone owns it. */
export function nameForPoolMember(random: () => number): string {
    const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)]!;
    return `${pick(ADJECTIVES)}-${pick(NOUNS)}-${nameSuffix(random)}`;
}

/** What people call a workspace of this repository unless they say otherwise. */
export function displayNameFromRepository(url: string | undefined): string {
    const last =
        (url ?? '')
            .replace(/[?#].*$/, '')
            .replace(/\/+$/, '')
            .replace(/\.git$/i, '')
            .split(/[/:]/)
            .at(-1) ?? '';
    return last.slice(0, 80) || 'Empty project';
}
