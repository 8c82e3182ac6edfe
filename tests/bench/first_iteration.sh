#!/usr/bin/env bash
# How long it takes from `liveload run` typed to the first iteration started, with a real Chromium: the middle of five.
# Usage: tests/bench/first_iteration.sh [FOLDER OF THE PROGRAMS]
# Prints one line; exits 1 when it takes longer than is to be reached, or cannot be measured. The site need not be
# there: an iteration starts before it asks for anything.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../build/release/bin}
reach_ms=1500

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One run: milliseconds until the agent says, at its debug level, that its first iteration has started.
measure() {
    local typed=${EPOCHREALTIME/./} line started=""
    while IFS= read -r line; do
        [[ $line == *"first iteration has started"* ]] && started=${EPOCHREALTIME/./}
        printf '%s\n' "$line" >>"$work/log"
    done < <(LIVELOAD_LOG=debug "$bin/liveload" run "$here/tiny.lua" --users 1 --duration 1s --out "$work/out" 2>&1)
    [ -n "$started" ] || return 1
    echo $(((started - typed) / 1000))
}

# The first run warms the disk.
for i in 0 1 2 3 4 5; do
    if ! measure >>"$work/$((i > 0))"; then
        echo "first_iteration: the run did not work:" >&2
        cat "$work/log" >&2
        exit 1
    fi
done
ms=$(sort -n "$work/1" | sed -n 3p)
echo "first_iteration: $ms ms from \`liveload run\` typed to the first iteration (reach: <= $reach_ms ms)"
[ "$ms" -le "$reach_ms" ]
