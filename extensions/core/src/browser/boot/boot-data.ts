import { BOOT_ELEMENT_ID, type BootData } from '../../common/boot-data';

let data: BootData | undefined;

/**
 * The facts that the backend wrote into the page.
 * @throws Error when the page was not rendered by our backend.
 */
export function bootData(): BootData {
    if (!data) {
        const text = document.getElementById(BOOT_ELEMENT_ID)?.textContent;
        if (!text) {
            throw new Error(`The page has no #${BOOT_ELEMENT_ID} element: it must be served by the workspace's backend.`);
        }
        data = JSON.parse(text) as BootData;
    }
    return data;
}

/** Address of a file of this build on the page's own origin, which workers need. */
export function assetUrl(name: string): string {
    return new URL(`./${bootData().build}/${name}`, document.baseURI).toString();
}

/** Gives the event loop a turn, so that network events are handled between two long tasks. */
export function turn(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, 0));
}
