import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

describe('command line of the platform', () => {
    it('gives only what was said, so that the environment keeps its turn', () => {
        expect(parseCommandLine([], '1.0.0')).toEqual({ values: {}, restoreFrom: undefined });
    });

    it('knows the options of the README', () => {
        const { values } = parseCommandLine(['--port', '8000', '--data', 'd', '--no-open'], '1.0.0');
        expect(values).toEqual({ port: '8000', data: 'd', open: false });
    });

    it('reads a backup to restore together with the data directory', () => {
        expect(parseCommandLine(['--data', 'd', 'restore', 'b.tar.gz'], '1.0.0')).toEqual({
            values: { data: 'd' },
            restoreFrom: 'b.tar.gz',
        });
    });
});
