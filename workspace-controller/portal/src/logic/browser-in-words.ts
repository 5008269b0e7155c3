const BROWSERS: readonly [RegExp, string][] = [
    [/Edg\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/Firefox\//, 'Firefox'],
    [/Chrome\/|CriOS\//, 'Chrome'],
    [/Safari\//, 'Safari'],
];
const SYSTEMS: readonly [RegExp, string][] = [
    [/Windows/, 'Windows'],
    [/iPhone|iPad/, 'iOS'],
    [/Mac OS X/, 'macOS'],
    [/Android/, 'Android'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
];

/** A user agent as people call it: "Firefox on Linux". What is not a browser is named as it names itself. */
export function browserInWords(userAgent: string): string {
    const browser = BROWSERS.find(([pattern]) => pattern.test(userAgent))?.[1];
    const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1];
    if (browser === undefined) {
        return userAgent.slice(0, 60) || 'Unknown';
    }
    return system === undefined ? browser : `${browser} on ${system}`;
}
