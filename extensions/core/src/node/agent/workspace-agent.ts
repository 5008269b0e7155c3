import type { ControllerMessage, WorkspaceMessage } from '@tandem/protocol';
import type { IdleState } from '../../common/workspace-state-protocol';
import { ActiveGeneration } from './active-generation';
import { ActivityMonitor } from './activity-monitor';
import { applyEnvironment, type AgentEnvironment } from './agent-environment';
import { ClaimStore, judgeActivation, type Claim } from './claim-store';
import { CollabTokens } from './collab-tokens';
import { ControlChannel } from './control-channel';
import { ControllerQuestions } from './controller-questions';
import { CredentialServer } from './credential-server';
import { revocationMatcher } from './frontend-owners';
import { PrepareFailure } from './git-failure';
import { GitIdentity } from './git-identity';
import { IdentityVerifier } from './identity-verifier';
import { Preparation } from './preparation';
import { SshAgentServer } from './ssh-agent-server';

type Message<Type extends ControllerMessage['type']> = Extract<ControllerMessage, { type: Type }>;

/** What the agent asks of the program that it lives in. */
export interface AgentHost {
    version: string;
    environment: NodeJS.ProcessEnv;
    /** Processes that were started ahead have the old environment. */
    environmentChanged(): void;
    taskRunning(): boolean;
    /** Shows a message in every open page. */
    notify(severity: 'info' | 'warning' | 'error', text: string): void;
    showIdle(state: IdleState): void;
    /** Asks the open pages to save; resolves when they have, or cannot. */
    saveAll(timeoutMs: number): Promise<void>;
    /** Ends connections that a revocation meant, with what runs for them. */
    closeConnections(matches: ReturnType<typeof revocationMatcher>): void;
    /** Ends terminals and the process, with 0. */
    end(): void;
    log(text: string): void;
}

const SAVE_TIMEOUT_MS = 5_000;

/** The workspace's side of the control socket: activation, preparation, activity, credentials, end. */
export class WorkspaceAgent {
    readonly verifier: IdentityVerifier;
    readonly channel: ControlChannel;
    readonly activity: ActivityMonitor;
    readonly preparation: Preparation;
    readonly collabTokens = new CollabTokens((message) => this.channel.send(message));
    private readonly settings: AgentEnvironment;
    private readonly host: AgentHost;
    private readonly claims: ClaimStore;
    private readonly git: GitIdentity;
    private readonly questions: ControllerQuestions;
    private readonly credentials: CredentialServer;
    private readonly sshAgent: SshAgentServer;
    private claim: Claim | undefined;
    private readonly activeGeneration: ActiveGeneration;
    private prepared = false;
    private gitReady: Promise<void> = Promise.resolve();
    private ending: Promise<void> | undefined;
    private queue: Promise<void> = Promise.resolve();
    /** Latest word of the controller, for pages that open later. */
    idle: IdleState | undefined;

    constructor(
        settings: AgentEnvironment,
        host: AgentHost,
        options: { connections: () => number; lostAfterMs?: number; activationWaitMs?: number },
    ) {
        this.settings = settings;
        this.host = host;
        this.activeGeneration = new ActiveGeneration(options.activationWaitMs);
        this.claims = new ClaimStore(settings.stateFolder);
        const env = (): NodeJS.ProcessEnv => host.environment;
        this.git = new GitIdentity({ ...settings, env: host.environment });
        const { home, project, stateFolder } = settings;
        this.preparation = new Preparation({ home, project, stateFolder, knownHostsFile: this.git.knownHostsFile, env });
        this.verifier = new IdentityVerifier({
            issuer: settings.issuer,
            workspaceUid: settings.workspaceUid ?? '',
            jwks: JSON.parse(settings.jwks) as ConstructorParameters<typeof IdentityVerifier>[0]['jwks'],
            activation: this.activeGeneration,
        });
        this.channel = new ControlChannel({
            hello: () => this.hello(),
            onMessage: (message) => this.receive(message),
            onLost: () => void this.end('no controller has reached this workspace for a while'),
            log: host.log,
            lostAfterMs: options.lostAfterMs,
        });
        this.questions = new ControllerQuestions((message) => this.channel.send(message));
        this.credentials = new CredentialServer(settings.credentialSocket, this.questions);
        this.sshAgent = new SshAgentServer(settings.sshAgentSocket, this.questions, host.log);
        this.activity = new ActivityMonitor({
            home: settings.home,
            project: settings.project,
            env,
            send: (activity) => void this.channel.send(activity),
            taskRunning: () => host.taskRunning(),
            connections: options.connections,
        });
    }

    /** Reads what the volume says and makes git's helper ready; before the server listens. */
    async start(): Promise<void> {
        [this.claim, this.prepared] = await Promise.all([this.claims.load(), this.preparation.isDone()]);
        // Nobody needs it before the activation, and the server should listen as early as it can.
        this.gitReady = this.git.install().catch((error: unknown) => this.host.log(`git: ${String(error)}`));
        await Promise.all([this.credentials.listen(), this.sshAgent.listen()]);
        this.host.environment['SSH_AUTH_SOCK'] = this.sshAgent.socketPath;
        this.activity.start();
    }

    keepAwake(minutes: number): boolean {
        return this.channel.send({ type: 'keep-awake', minutes });
    }

    /** Saves and ends, once. */
    end(reason: string, saveTimeoutMs = SAVE_TIMEOUT_MS): Promise<void> {
        this.ending ??= (async () => {
            this.host.log(`ending: ${reason}`);
            this.preparation.cancel();
            await this.host.saveAll(saveTimeoutMs);
            this.host.end();
        })();
        return this.ending;
    }

    async dispose(): Promise<void> {
        this.activity.dispose();
        this.channel.dispose();
        this.questions.dispose();
        await Promise.all([this.credentials.dispose(), this.sshAgent.dispose(), this.gitReady]);
    }

    private hello(): WorkspaceMessage {
        const { claim } = this;
        return {
            type: 'hello',
            bootId: this.settings.bootId,
            pid: process.pid,
            version: this.host.version,
            claim: claim && { uid: claim.uid, generation: claim.generation, owner: claim.owner },
            prepared: this.prepared,
        };
    }

    private receive(message: ControllerMessage): void {
        switch (message.type) {
            case 'activate':
                // One after another: two activations at a time must not both find the older claim.
                this.queue = this.queue.then(() => this.activate(message)).catch((error: unknown) => this.host.log(String(error)));
                break;
            case 'prepare':
                void this.prepare(message);
                break;
            case 'cancel-prepare':
                this.preparation.cancel();
                break;
            case 'stop':
                this.channel.send({ type: 'stopping', id: message.id });
                void this.end(message.reason, Math.min(SAVE_TIMEOUT_MS, message.deadlineMs / 2));
                break;
            case 'notify':
                this.host.notify(message.severity, message.text);
                break;
            case 'idle':
                this.idle = { sentence: message.sentence, hibernatesAt: message.hibernatesAt, warn: message.warn };
                this.host.showIdle(this.idle);
                break;
            case 'keys':
                this.verifier.useKeys(message.jwks as unknown as Parameters<IdentityVerifier['useKeys']>[0]);
                break;
            case 'revoke':
                this.host.closeConnections(revocationMatcher(message.kind, message.revokedId));
                break;
            case 'credential':
            case 'ssh-key':
            case 'ssh-signature':
                this.questions.answer(message);
                break;
            case 'collab-token':
                this.collabTokens.answer(message);
                break;
            case 'ping':
                break;
        }
    }

    private async activate(message: Message<'activate'>): Promise<void> {
        const verdict = judgeActivation(this.claim, this.settings.bootId, message);
        if (!verdict.accepted) {
            this.channel.send({ type: 'refused', id: message.id, code: verdict.code, reason: verdict.reason });
            return;
        }
        const { claimUid: uid, generation, bootId, owner } = message;
        const claim: Claim = { uid, generation, owner: owner.name, bootId };
        try {
            await Promise.all([
                verdict.repeated ? undefined : this.claims.save(claim),
                this.git.use(message.git, message.sshKnownHosts),
                this.gitReady,
            ]);
        } catch (error) {
            this.channel.send({
                type: 'refused',
                id: message.id,
                code: 'internal',
                reason: `The claim could not be kept: ${String(error)}`.slice(0, 512),
            });
            return;
        }
        applyEnvironment(this.host.environment, message.environment);
        this.host.environmentChanged();
        this.claim = claim;
        this.activeGeneration.set(generation);
        this.channel.send({ type: 'activated', id: message.id, generation });
    }

    private async prepare({ id, ...request }: Message<'prepare'>): Promise<void> {
        let stage: 'cloning' | 'preparing' = 'cloning';
        try {
            await this.preparation.run(request, (progress) => {
                stage = progress.stage;
                this.channel.send({ type: 'progress', ...progress });
            });
            this.prepared = true;
            this.channel.send({ type: 'prepared', id });
            this.activity.refreshGit();
        } catch (error) {
            const failure = error instanceof PrepareFailure ? error : undefined;
            const full = (error as NodeJS.ErrnoException).code === 'ENOSPC';
            this.channel.send({
                type: 'prepare-failed',
                id,
                stage,
                code: failure?.code ?? (full ? 'disk-full' : 'internal'),
                reason: (failure?.message ?? (full ? 'The disk is full.' : String(error))).slice(0, 1024),
                log: failure?.log.slice(-16_000) ?? '',
            });
        }
    }
}
