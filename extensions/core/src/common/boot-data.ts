/** What the backend writes into `index.html`, so that the page needs no round trip for it. */
export interface BootData {
    /** Folder of the bundles: content hash of the build. */
    readonly build: string;
    /** Operating system of the backend in Theia's words. */
    readonly os: 'Windows' | 'Linux' | 'OSX';
    readonly execPath: string;
    readonly configDirUri: string;
    readonly homeDirUri: string;
    /** The folder that is open, `undefined` when none was given at start. */
    readonly workspaceUri?: string;
    /** Environment variables that the page asks for on its way up; never the whole environment, which may hold secrets. */
    readonly environment: Readonly<Record<string, string>>;
    /** Where other people's extensions come from; empty when the marketplace is switched off. */
    readonly registryUrl: string;
    /** Content domain of the installation with port (`ws.tandem.localhost:7400`), empty when not behind a gateway. */
    readonly contentDomain: string;
    /** Version of the product. */
    readonly version: string;
}

/** Id of the script element that holds the {@link BootData}. */
export const BOOT_ELEMENT_ID = 'tandem-boot';

/** Names of environment variables that go into the page. */
export const BOOT_ENVIRONMENT: readonly string[] = [
    'THEIA_WEBVIEW_EXTERNAL_ENDPOINT',
    'THEIA_MINI_BROWSER_HOST_PATTERN',
    'ADDITIONAL_ACTIVATION_EVENTS',
];
