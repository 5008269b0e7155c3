import { defineConfig } from 'vitest/config';

export default defineConfig({
    test: {
        include: ['{packages/*,workspace-controller,workspace-controller/portal,collab-server,extensions/*}/{src,test}/**/*.test.ts'],
        exclude: ['**/node_modules/**', '**/lib/**'],
        testTimeout: 30_000,
        hookTimeout: 60_000,
        maxWorkers: 2,
        pool: 'forks',
    },
});
