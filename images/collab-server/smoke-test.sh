#!/bin/sh
# Proves an image of the collaboration server: it is not root, refuses to serve without authentication beyond loopback,
# starts with a JWKS, is ready, keeps its data in /data and ends cleanly on SIGTERM.
#   images/collab-server/smoke-test.sh IMAGE          with docker or podman
#   ROOT=DIR images/collab-server/smoke-test.sh       with an unpacked image and chroot, as root, where no engine runs
set -eu

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*" >&2; exit 1; }

MAIN=/app/collab-server/bin/tandem-collab.mjs
PORT=${PORT:-12340}
work=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || stop_server || true
    rm -rf "$work"
}
trap finish EXIT

if [ -n "${ROOT:-}" ]; then
    [ "$(id -u)" = 0 ] || fail "chroot needs root"
    # exec: what is started in the background is then the server itself, which takes the signal.
    execute() { exec chroot --userspec=10001:10001 "$ROOT" /usr/bin/env PATH=/usr/local/bin:/usr/bin:/bin NODE_OPTIONS=--disable-warning=ExperimentalWarning TANDEM_COLLAB_DATA=/data "$@"; }
    run() { (execute "$@"); }
    start_server() {
        execute TANDEM_COLLAB_PORT="$PORT" TANDEM_COLLAB_HOST=127.0.0.1 TANDEM_COLLAB_AUTH=jwks=http://127.0.0.1:9/jwks.json node "$MAIN" > "$work/log" 2>&1 &
        server=$!
    }
    stop_server() { kill -TERM "$server"; wait "$server"; }
else
    IMAGE=${1:?Give the image to test, or ROOT=DIR}
    engine=$(command -v docker || command -v podman) || fail "neither docker nor podman is here"
    run() {
        options=
        while case "$1" in *=*) true ;; *) false ;; esac; do options="$options -e $1"; shift; done
        # The words after the entry point of the image.
        shift 2
        # shellcheck disable=SC2086
        "$engine" run --rm $options "$IMAGE" "$@"
    }
    start_server() {
        server=$("$engine" run -d -p "127.0.0.1:$PORT:1234" -e TANDEM_COLLAB_AUTH=jwks=http://127.0.0.1:9/jwks.json "$IMAGE")
    }
    stop_server() {
        "$engine" stop "$server" > /dev/null
        code=$("$engine" wait "$server")
        "$engine" rm "$server" > /dev/null
        [ "$code" = 0 ]
    }
    user=$("$engine" image inspect --format '{{.Config.User}}' "$IMAGE")
    [ "$user" = 10001:10001 ] || fail "the image runs as '$user', not as 10001:10001"
fi

run node "$MAIN" --help | grep -q "Usage: tandem-collab" || fail "--help says nothing"
run node "$MAIN" import --help | grep -q "from-leveldb" || fail "import --help says nothing"
if run TANDEM_COLLAB_HOST=0.0.0.0 TANDEM_COLLAB_AUTH=none node "$MAIN" 2> "$work/refusal"; then
    fail "it serves everybody without authentication"
fi
grep -q "only loopback is served" "$work/refusal" || fail "the refusal says: $(cat "$work/refusal")"

start_server
ready() { curl -fsS "http://127.0.0.1:$PORT/readyz" > /dev/null 2>&1; }
tries=0
until ready; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "it was not ready in 20 s: $(cat "$work/log" 2> /dev/null)"
    sleep 0.2
done
curl -fsS "http://127.0.0.1:$PORT/metrics" > "$work/metrics"
grep -q tandem_collab_rooms_open "$work/metrics" || fail "/metrics has no rooms_open"
status=$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/documents")
[ "$status" = 403 ] || fail "/documents without a server token answers $status, not 403"
stop_server || fail "it did not end cleanly on SIGTERM"
server=
say "The image works."
