#!/usr/bin/env bash
# How much memory an agent takes with users of the null browser: what LiveLoad itself costs, without a Chromium.
# Usage: tests/bench/agent_memory_null.sh [FOLDER OF THE PROGRAMS]
# Prints two lines: with 50 users, and what each of 200 more takes. Exits 1 when one is more than is to be reached, or
# cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../build/release/bin}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The agent is a child of the command: its resident memory in kB, looked at until it ends, at its largest.
peak_kb_with() {
    local users=$1 peak=0 agent kb
    "$bin/liveload" run "$here/tiny.lua" --users "$users" --duration 5s --browser null --out "$work/out" \
        >"$work/log" 2>&1 &
    local command=$!
    while kill -0 "$command" 2>/dev/null; do
        agent=$(pgrep -P "$command" -f liveload-agent | head -n 1 || true)
        kb=$(awk '/^VmRSS:/ { print $2 }' "/proc/$agent/status" 2>/dev/null || true)
        if [ -n "$kb" ] && [ "$kb" -gt "$peak" ]; then peak=$kb; fi
        sleep 0.1
    done
    wait "$command" || true
    if [ "$peak" = 0 ] || ! grep -q 'users  [1-9][0-9]* iterations' "$work/log"; then
        echo "agent_memory_null: the run did not work:" >&2
        cat "$work/log" >&2
        return 1
    fi
    echo "$peak"
}

few=$(peak_kb_with 50)
many=$(peak_kb_with 250)
awk -v few="$few" -v many="$many" 'BEGIN {
    mb = few * 1024 / 1e6
    each = (many - few) / 200
    printf "agent_memory_null: %s%.1f MB resident with 50 null-browser users (reach: <= 20 MB)\n", (mb > 20 ? "**not reached**: " : ""), mb
    printf "agent_memory_per_user: %s%.1f KiB for each of 200 more (reach: <= 64 KiB)\n", (each > 64 ? "**not reached**: " : ""), each
    exit (mb > 20 || each > 64)
}'
