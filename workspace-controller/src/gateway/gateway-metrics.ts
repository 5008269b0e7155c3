/** A number that only rises. */
export class Counter {
    private total = 0;

    add(amount = 1): void {
        this.total += amount;
    }

    get value(): number {
        return this.total;
    }
}

/** What the gateway counts; read by `/metrics`. */
export class GatewayMetrics {
    readonly requests = new Counter();
    readonly requestsRefused = new Counter();
    readonly upstreamFailures = new Counter();
    readonly upgrades = new Counter();
    readonly upgradesRefused = new Counter();
    readonly connectionsCut = new Counter();
    readonly silentPeers = new Counter();
    readonly bytesIn = new Counter();
    readonly bytesOut = new Counter();
    /** Set by the gateway: how many connections are open now. */
    openConnections: (kind: 'websocket' | 'collab' | 'request') => number = () => 0;

    /** Lines in the Prometheus text format. */
    render(): string {
        const counters: [string, string, Counter][] = [
            ['requests_total', 'Requests passed on to workspaces and ports.', this.requests],
            ['requests_refused_total', 'Requests to workspace hosts that were not let in.', this.requestsRefused],
            ['upstream_failures_total', 'Requests and upgrades that a workspace or port did not answer.', this.upstreamFailures],
            ['upgrades_total', 'WebSockets passed on.', this.upgrades],
            ['upgrades_refused_total', 'WebSockets that were not let in.', this.upgradesRefused],
            ['connections_cut_total', 'Connections ended because the right to them ended.', this.connectionsCut],
            ['silent_peers_total', 'WebSockets ended because the browser was gone.', this.silentPeers],
            ['websocket_bytes_in_total', 'Bytes from browsers through WebSockets.', this.bytesIn],
            ['websocket_bytes_out_total', 'Bytes to browsers through WebSockets.', this.bytesOut],
        ];
        const lines = counters.flatMap(([name, help, counter]) => [
            `# HELP tandem_gateway_${name} ${help}`,
            `# TYPE tandem_gateway_${name} counter`,
            `tandem_gateway_${name} ${counter.value}`,
        ]);
        lines.push('# HELP tandem_gateway_open_connections Connections open now.', '# TYPE tandem_gateway_open_connections gauge');
        for (const kind of ['websocket', 'collab', 'request'] as const) {
            lines.push(`tandem_gateway_open_connections{kind="${kind}"} ${this.openConnections(kind)}`);
        }
        return `${lines.join('\n')}\n`;
    }
}
