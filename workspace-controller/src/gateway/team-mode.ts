import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { parseProxyRanges } from './client-address.ts';

/** Everything the check looks at; read before, so that the check itself is pure. */
export interface TeamModeFacts {
    portalUrl: URL;
    /** Without port. */
    contentDomain: string;
    /** Addresses to listen on. */
    hosts: readonly string[];
    /** PEM; the certificate with its chain, leaf first. */
    tls: { certificate: string; key: string } | undefined;
    trustedProxies: readonly string[];
    nowMs: number;
    /** Addresses that names lead to; an empty list: the name is not known. Names not in it were not asked for. */
    resolved: ReadonlyMap<string, readonly string[]>;
    /** This machine's own addresses. */
    ownAddresses: readonly string[];
}

export interface TeamModeReport {
    /** Any of them stops the start. Each says what is wrong with which value and what to do. */
    problems: string[];
    /** Worth knowing, not in the way. */
    warnings: string[];
    /** Lines for a zone file that are missing. */
    missingDnsRecords: string[];
}

const DAY_MS = 86_400_000;
const EXPIRY_WARNING_DAYS = 21;
/** `wv-`, a UUID, a dash and the longest workspace name, with the dot. */
const LONGEST_LABEL = 63;
const MAX_DNS_NAME = 253;
const DNS_NAME = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])$/;

/** A name below the content domain that stands for every workspace's. */
export function sampleContentName(contentDomain: string): string {
    return `tandem-check.${contentDomain}`;
}

/** Whether browsers reach an install by names that need no DNS and no certificate. */
export function isLoopbackInstall(portalUrl: URL): boolean {
    return portalUrl.hostname.endsWith('.localhost');
}

/** Checks names, certificate, secure context and DNS of an install before it listens. */
export function checkTeamMode(facts: TeamModeFacts): TeamModeReport {
    const report: TeamModeReport = { problems: [], warnings: [], missingDnsRecords: [] };
    checkNames(facts, report);
    checkTransport(facts, report);
    if (facts.tls) {
        checkCertificate(facts, facts.tls, report);
    }
    checkDns(facts, report);
    return report;
}

function checkNames({ portalUrl, contentDomain, trustedProxies }: TeamModeFacts, { problems }: TeamModeReport): void {
    const portal = portalUrl.hostname;
    if (isIP(portal.replace(/^\[|\]$/g, '')) !== 0) {
        problems.push(
            `--url is "${portalUrl.origin}", an address. Give a name: every workspace gets a name of its own below the content domain.`,
        );
    } else if (portal === 'localhost' || !DNS_NAME.test(portal)) {
        problems.push(`--url is "${portalUrl.origin}". Give a full name such as https://tandem.example.com.`);
    }
    if (!DNS_NAME.test(contentDomain)) {
        problems.push(`--content-domain is "${contentDomain}". Give a domain without scheme and port, such as ws.example.com.`);
    } else if (contentDomain.length + LONGEST_LABEL + 1 > MAX_DNS_NAME) {
        problems.push(
            `--content-domain is ${contentDomain.length} characters long. Give one of at most ${MAX_DNS_NAME - LONGEST_LABEL - 1}.`,
        );
    }
    if (portal === contentDomain || portal.endsWith(`.${contentDomain}`)) {
        problems.push(
            `The portal ${portal} lies inside the content domain ${contentDomain}, where every name is a workspace. ` +
                `Give a domain beside or below it, such as ws.${portal}.`,
        );
    }
    try {
        parseProxyRanges(trustedProxies);
    } catch (error) {
        problems.push(`--trusted-proxies: ${(error as Error).message}`);
    }
}

function checkTransport({ portalUrl, hosts, tls, trustedProxies }: TeamModeFacts, { problems, warnings }: TeamModeReport): void {
    const open = hosts.filter((host) => !isLoopbackAddress(host));
    if (portalUrl.protocol === 'http:') {
        if (!isLoopbackInstall(portalUrl)) {
            problems.push(
                `--url is "${portalUrl.origin}", plain http. Off this machine browsers keep passkeys, the clipboard, webviews and safe ` +
                    'cookies for https, and anyone on the way could read the sign-in. Give an https address with --tls-cert and --tls-key, ' +
                    'or one behind a proxy that ends TLS with --trusted-proxies.',
            );
        } else if (open.length > 0) {
            problems.push(
                `--host is "${open.join(', ')}", which others on the network reach, without https. Leave it at 127.0.0.1, or give an https --url.`,
            );
        }
        if (tls) {
            problems.push(`--tls-cert is given, but --url is "${portalUrl.origin}". Write it with https.`);
        }
        return;
    }
    if (tls === undefined && trustedProxies.length === 0) {
        problems.push(
            `--url is "${portalUrl.origin}", but nothing speaks TLS. Give --tls-cert and --tls-key, or name the proxy that ends TLS with --trusted-proxies.`,
        );
    }
    if (tls === undefined && open.length > 0 && trustedProxies.length > 0) {
        warnings.push(`Between the proxy and ${open.join(', ')} runs plain http. Let nobody but the proxy reach that address.`);
    }
}

function checkCertificate(
    { portalUrl, contentDomain, nowMs }: TeamModeFacts,
    tls: { certificate: string; key: string },
    report: TeamModeReport,
): void {
    const { problems, warnings } = report;
    let certificate: X509Certificate;
    try {
        certificate = new X509Certificate(tls.certificate);
    } catch {
        problems.push('--tls-cert is no certificate in PEM form. Give the file that begins with -----BEGIN CERTIFICATE-----.');
        return;
    }
    try {
        if (!certificate.checkPrivateKey(createPrivateKey(tls.key))) {
            problems.push(
                '--tls-key does not belong to the certificate of --tls-cert. Give the key that it was made with; the leaf comes first in the chain.',
            );
        }
    } catch {
        problems.push('--tls-key is no private key in PEM form, or it is encrypted. Give one without a passphrase.');
    }
    const validFrom = certificate.validFromDate.getTime();
    const validTo = certificate.validToDate.getTime();
    const daysLeft = Math.floor((validTo - nowMs) / DAY_MS);
    if (nowMs >= validTo) {
        problems.push(`The certificate expired on ${isoDay(validTo)}. Renew it.`);
    } else if (nowMs < validFrom) {
        problems.push(`The certificate is not valid before ${isoDay(validFrom)}. Check the clock of this machine.`);
    } else if (daysLeft < EXPIRY_WARNING_DAYS) {
        warnings.push(`The certificate expires in ${daysLeft} days, on ${isoDay(validTo)}.`);
    }
    const options = { subject: 'never', partialWildcards: false } as const;
    const names = (certificate.subjectAltName ?? 'no name').replaceAll('DNS:', '');
    if (certificate.checkHost(portalUrl.hostname, options) === undefined) {
        problems.push(`The certificate is not for ${portalUrl.hostname} but for ${names}. Add the portal's name to it.`);
    }
    if (certificate.checkHost(sampleContentName(contentDomain), options) === undefined) {
        problems.push(
            `The certificate is not for *.${contentDomain} but for ${names}. Every workspace has a name there: add the wildcard to it.`,
        );
    }
    if (certificate.issuer === certificate.subject) {
        warnings.push('The certificate is signed by itself. Webviews work only in browsers that were told to trust it.');
    }
}

function checkDns({ portalUrl, contentDomain, resolved, ownAddresses, trustedProxies }: TeamModeFacts, report: TeamModeReport): void {
    const target = ownAddresses.find((address) => !isLoopbackAddress(address)) ?? '<address of this machine>';
    const type = isIP(target) === 6 ? 'AAAA' : 'A';
    const wanted: [string, string][] = [
        [portalUrl.hostname, `${portalUrl.hostname}.`],
        [sampleContentName(contentDomain), `*.${contentDomain}.`],
    ];
    for (const [name, record] of wanted) {
        const addresses = resolved.get(name);
        if (addresses === undefined) {
            continue;
        }
        if (addresses.length === 0) {
            report.missingDnsRecords.push(`${record}  ${type}  ${target}`);
        } else if (trustedProxies.length === 0 && !addresses.some((address) => ownAddresses.includes(address))) {
            report.warnings.push(
                `${record.slice(0, -1)} leads to ${addresses.join(', ')}, which is not an address of this machine. That is right behind a router or load balancer only.`,
            );
        }
    }
}

function isLoopbackAddress(host: string): boolean {
    return host === 'localhost' || host === '::1' || host === '[::1]' || host.startsWith('127.');
}

function isoDay(timeMs: number): string {
    return new Date(timeMs).toISOString().slice(0, 10);
}
