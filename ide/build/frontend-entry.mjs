/**
 * Writes the entry of the browser bundle. Theia's generated entry evaluates every module in one go, so the WebSocket
 * handshake, which needs turns of the event loop, only starts when all is evaluated; ours opens the socket first and gives up
 * the thread now and then.
 */
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(import.meta.url);

/** How many container modules are evaluated before the event loop gets a turn. */
const MODULES_PER_TURN = 6;

/** @param {string} projectPath absolute path of `ide/` */
export function writeFrontendEntry(projectPath) {
    const { ApplicationPackage } = require('@theia/application-package');
    const pck = new ApplicationPackage({ projectPath });
    const preloadModules = [...pck.frontendPreloadModules.values()];
    const modules = [...pck.targetFrontendModules.values()];
    const config = pck.props.frontend.config;
    const lines = modules.map((module, index) => {
        const turn = index % MODULES_PER_TURN === MODULES_PER_TURN - 1 ? '\n        await turn();' : '';
        return `        container.load(require('${module}').default);${turn}`;
    });
    const source = `\
require('reflect-metadata');
const { Container } = require('@theia/core/shared/inversify');
const { FrontendApplicationConfigProvider } = require('@theia/core/lib/browser/frontend-application-config-provider');
const { bootData, assetUrl, turn } = require('@tandem/core-extension/lib/browser/boot/boot-data');

FrontendApplicationConfigProvider.set(${JSON.stringify(config, undefined, 4)});

self.MonacoEnvironment = { getWorkerUrl: () => assetUrl('editor.worker.js') };

module.exports = (async () => {
    const { messagingFrontendModule } = require('@theia/core/lib/browser/messaging/messaging-frontend-module');
    const { connectionModule } = require('@tandem/core-extension/lib/browser/connection/connection-frontend-module');
    const container = new Container();
    container.load(messagingFrontendModule);
    container.load(connectionModule);
    const { WebSocketConnectionSource } = require('@theia/core/lib/browser/messaging/ws-connection-source');
    container.get(WebSocketConnectionSource);
    await turn();
${preloadModules.map((module) => `    container.load(require('${module}').default);`).join('\n')}
    const { bindBootData } = require('@tandem/core-extension/lib/browser/boot/boot-services');
    bindBootData(container, bootData());
    const { Preloader } = require('@theia/core/lib/browser/preload/preloader');
    const preloaded = container.get(Preloader).initialize();

    const { MonacoInit } = require('@theia/monaco/lib/browser/monaco-init');
    await turn();
    const { FrontendApplication } = require('@theia/core/lib/browser');
    const { frontendApplicationModule } = require('@theia/core/lib/browser/frontend-application-module');
    const { loggerFrontendModule } = require('@theia/core/lib/browser/logger-frontend-module');
    container.load(frontendApplicationModule);
    container.load(loggerFrontendModule);
    const { BundledLanguagesToken } = require('@tandem/core-extension/lib/browser/languages/bundled-languages');
    container.bind(BundledLanguagesToken).toConstantValue(require('./languages.json'));
    await preloaded;
    await turn();
    try {
${lines.join('\n')}
        MonacoInit.init(container);
        (window['theia'] = window['theia'] || {}).container = container;
        await container.get(FrontendApplication).start();
    } catch (reason) {
        console.error('Failed to start the frontend application.', reason);
        throw reason;
    }
})();
`;
    writeFileSync(path.join(projectPath, 'src-gen/frontend/index.js'), source);
}
