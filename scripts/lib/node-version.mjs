/** Ends with a clear word when this is not the Node the project is pinned to. */
export function requirePinnedNode() {
    const major = Number(process.versions.node.split('.')[0]);
    if (major < 24) {
        console.error(
            `This is Node ${process.versions.node}; Tandem needs Node 24, which "npm ci" installs on Linux. ` +
                'Run "npm ci" again, or install Node 24 on this machine.',
        );
        process.exit(1);
    }
}
