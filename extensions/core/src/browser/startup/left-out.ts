import { AICoreFrontendApplicationContribution } from '@theia/ai-core/lib/browser/ai-core-frontend-application-contribution';
import { AiCoreCommandContribution } from '@theia/ai-core/lib/browser/ai-core-command-contribution';
import { DefaultFrontendVariableService } from '@theia/ai-core/lib/browser/frontend-variable-service';
import { PromptTemplateContribution } from '@theia/ai-core/lib/browser/prompttemplate-contribution';
import { SkillPromptCoordinator } from '@theia/ai-core/lib/browser/skill-prompt-coordinator';
import { aiCorePreferenceSchema } from '@theia/ai-core/lib/common/ai-core-preferences';
import { McpFrontendApplicationContribution } from '@theia/ai-mcp/lib/browser/mcp-frontend-application-contribution';
import { InstallMcpUriHandler } from '@theia/ai-mcp/lib/browser/install-mcp-uri-handler';
import { MCPConfigurationCommandContribution } from '@theia/ai-mcp/lib/browser/mcp-configuration-command-contribution';
import type { ContributionFilterRegistry, FilterContribution } from '@theia/core/lib/common/contribution-filter';
import { injectable } from '@theia/core/shared/inversify';
import { NotebookActionsContribution } from '@theia/notebook/lib/browser/contributions/notebook-actions-contribution';
import { NotebookCellActionContribution } from '@theia/notebook/lib/browser/contributions/notebook-cell-actions-contribution';
import { NotebookOutlineContribution } from '@theia/notebook/lib/browser/contributions/notebook-outline-contribution';
import { NotebookOutputActionContribution } from '@theia/notebook/lib/browser/contributions/notebook-output-action-contribution';
import { NotebookStatusBarContribution } from '@theia/notebook/lib/browser/contributions/notebook-status-bar-contribution';
import { notebookPreferenceSchema } from '@theia/notebook/lib/common/notebook-preferences';

/** Contributions of packages that come along with the extension host but are no part of the product. */
const LEFT_OUT: readonly (abstract new (...args: never[]) => object)[] = [
    AICoreFrontendApplicationContribution,
    AiCoreCommandContribution,
    DefaultFrontendVariableService,
    PromptTemplateContribution,
    SkillPromptCoordinator,
    InstallMcpUriHandler,
    McpFrontendApplicationContribution,
    MCPConfigurationCommandContribution,
    NotebookActionsContribution,
    NotebookCellActionContribution,
    NotebookOutlineContribution,
    NotebookOutputActionContribution,
    NotebookStatusBarContribution,
];

const LEFT_OUT_SCHEMAS: readonly unknown[] = [aiCorePreferenceSchema, notebookPreferenceSchema];

/** Keeps views, commands, menus and settings of artificial helpers and notebooks out of the product. */
@injectable()
export class LeftOut implements FilterContribution {
    registerContributionFilters(registry: ContributionFilterRegistry): void {
        registry.addFilters('*', [
            (contribution) =>
                !LEFT_OUT.some((type) => contribution instanceof type) &&
                !LEFT_OUT_SCHEMAS.includes((contribution as { schema?: unknown }).schema),
        ]);
    }
}
