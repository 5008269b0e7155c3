import type { FastifyInstance } from 'fastify';
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { CollabService } from '../service.ts';

/** Everything is counted where it happens, in plain numbers; they are read here when somebody asks. */
export function registerMetrics(app: FastifyInstance, service: CollabService): void {
    const registry = new Registry();
    let isScraped = false;
    const gauges: readonly [name: string, help: string, value: () => number][] = [
        ['rooms_open', 'Rooms in memory', () => service.rooms.size],
        ['sockets_open', 'Open sockets', () => service.sessions.size],
        ['relay_channels_open', 'Relay channels', () => service.relay.size],
        ['document_memory_bytes', 'Memory held by open documents', () => service.memoryBytes],
        ['updates_total', 'Updates taken', () => service.roomHost.counters.updates],
        ['updates_refused_total', 'Updates refused', () => service.counters.refusedUpdates],
        ['updates_acknowledged_total', 'Updates acknowledged as durable', () => service.commits.committedUpdates],
        ['flushes_total', 'Flushes of rooms', () => service.roomHost.counters.flushes],
        ['frames_sent_total', 'Edit frames sent', () => service.roomHost.counters.frames],
        ['presence_frames_sent_total', 'Presence frames sent', () => service.roomHost.counters.presenceFrames],
        ['relay_messages_total', 'Relay messages', () => service.relay.messages],
        ['commits_total', 'Group commits', () => service.commits.commits],
        ['commit_last_seconds', 'Duration of the last group commit', () => service.commits.lastCommitMs / 1000],
        ['uncommitted_bytes', 'Edits that are not durable yet', () => service.commits.uncommittedBytes],
        ['log_failing', '1 while the log cannot be written', () => Number(service.commits.failure !== undefined)],
        ['upgrades_refused_total', 'Connections refused', () => service.counters.refusedUpgrades],
        ['protocol_violations_total', 'Connections closed for what they sent', () => service.counters.violations],
        ['sockets_revoked_total', 'Sockets closed by revocations', () => service.counters.revoked],
        ['flush_delay_seconds', 'How long edits wait for others at this load', () => service.beat.flushDelayMs / 1000],
    ];
    for (const [name, help, value] of gauges) {
        new Gauge({
            name: `tandem_collab_${name}`,
            help,
            registers: [registry],
            collect() {
                this.set(value());
            },
        });
    }
    app.get('/metrics', async (_request, reply) => {
        if (!isScraped) {
            // They wake the loop a hundred times a second, which nobody pays for before somebody reads them.
            isScraped = true;
            collectDefaultMetrics({ register: registry });
        }
        return reply.type(registry.contentType).send(await registry.metrics());
    });
}
