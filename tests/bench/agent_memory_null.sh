#!/usr/bin/env bash
# How much memory an agent takes with 50 users of the null browser: what LiveLoad itself costs, without a Chromium.
# Usage: tests/bench/agent_memory_null.sh [FOLDER OF THE PROGRAMS]
# Prints one line; exits 1 when the agent takes more than is to be reached, or cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../build/release/bin}
reach_mb=20

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$bin/liveload" run "$here/tiny.lua" --users 50 --duration 5s --browser null --out "$work/out" >"$work/log" 2>&1 &
command=$!

# The agent is a child of the command: its resident memory, looked at until it ends, at its largest.
peak_kb=0
while kill -0 "$command" 2>/dev/null; do
    agent=$(pgrep -P "$command" -f liveload-agent | head -n 1 || true)
    kb=$(awk '/^VmRSS:/ { print $2 }' "/proc/$agent/status" 2>/dev/null || true)
    if [ -n "$kb" ] && [ "$kb" -gt "$peak_kb" ]; then peak_kb=$kb; fi
    sleep 0.1
done
wait "$command" || true
if [ "$peak_kb" = 0 ] || ! grep -q 'users  [1-9][0-9]* iterations' "$work/log"; then
    echo "agent_memory_null: the run did not work:" >&2
    cat "$work/log" >&2
    exit 1
fi
awk -v kb="$peak_kb" -v reach="$reach_mb" 'BEGIN {
    mb = kb * 1024 / 1e6
    printf "agent_memory_null: %.1f MB resident with 50 null-browser users (reach: <= %d MB)\n", mb, reach
    exit mb > reach
}'
