import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/**
 * Headers of every answer on the portal's origin. Scripts only from the origin itself and those that stand in the page by
 * their hash; styles may stand in the page, as the portal's component library sets them at run time.
 *
 * @param inlineScripts texts of `<script>` elements in the portal's page
 * @param staticOrigin where the IDE's bundles are prefetched from
 */
export function installSecurityHeaders(
    app: FastifyInstance,
    options: { https: boolean; inlineScripts: readonly string[]; staticOrigin: string },
): void {
    const policy = contentSecurityPolicy(options.inlineScripts, options.staticOrigin);
    app.addHook('onRequest', async (request, reply) => {
        void reply.headers({
            'content-security-policy': policy,
            'x-content-type-options': 'nosniff',
            'x-frame-options': 'DENY',
            'referrer-policy': 'no-referrer',
            'cross-origin-opener-policy': 'same-origin',
            'cross-origin-resource-policy': 'same-origin',
            'permissions-policy': 'camera=(), geolocation=(), microphone=()',
            'x-request-id': request.id,
        });
        if (options.https) {
            void reply.header('strict-transport-security', 'max-age=31536000');
        }
    });
}

export function contentSecurityPolicy(inlineScripts: readonly string[], staticOrigin: string): string {
    const hashes = inlineScripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
    return [
        // Prefetches have no directive of their own any more: they go by this one.
        `default-src 'self' ${staticOrigin}`,
        ['script-src', "'self'", ...hashes].join(' '),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ].join('; ');
}

/** Texts of the script elements without `src` in a page. */
export function inlineScriptsOf(page: string): string[] {
    return [...page.matchAll(/<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/gi)]
        .map((match) => match[1] ?? '')
        .filter((text) => text !== '');
}
