import { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import { AppError } from './app-error.ts';
import { createLogger } from './logger.ts';

function logged(fields: object): Record<string, unknown> {
    let text = '';
    const destination = new Writable({
        write(chunk: Buffer, _encoding, done) {
            text += chunk.toString();
            done();
        },
    });
    createLogger({ name: 'test', destination }).error(fields, 'it failed');
    return JSON.parse(text) as Record<string, unknown>;
}

it('writes what an error says, its code and what caused it', () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    const { error, msg } = logged({ error: new AppError('unavailable', 'The log cannot be written', { cause }) });
    expect(msg).toBe('it failed');
    expect(error).toMatchObject({
        name: 'AppError',
        message: 'The log cannot be written',
        errorCode: 'unavailable',
        cause: { message: 'connect ECONNREFUSED 127.0.0.1:5432', errorCode: 'ECONNREFUSED' },
    });
    expect(String((error as { stack: string }).stack)).toContain('logger.test');
});

it('redacts fields that are secrets', () => {
    expect(logged({ token: 't', code: 'c', headers: { authorization: 'Bearer t' } })).toMatchObject({
        token: '[redacted]',
        code: '[redacted]',
        headers: { authorization: '[redacted]' },
    });
});
