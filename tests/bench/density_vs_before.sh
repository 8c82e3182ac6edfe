#!/usr/bin/env bash
# Has the density suffered? Iterations per second, and processor time per iteration, of these programs against those of
# an earlier commit, in alternating pairs in one run.
# Usage: tests/bench/density_vs_before.sh [FOLDER OF THE PROGRAMS] [COMMIT]
#   COMMIT   what to compare with: by default what tests/bench/before names. It is built in build/before
# Prints a line for each figure: the median of the pairs' ratios and its interval. Exits 1 when a whole interval is on the
# wrong side of what is to be reached, or when a figure cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
programs=$(cd "${1:-$top/build/release/bin}" && pwd)
before=${2:-$(cat "$here/before")}

give_up() {
    echo "density_vs_before: not measured: $*"
    exit 1
}
commit=$(git -C "$top" rev-parse --verify --quiet "$before^{commit}") || give_up "there is no commit $before in this clone"
home=$top/build/before/$commit
if [ ! -x "$home/build/release/bin/liveload" ]; then
    rm -rf "$top/build/before" && mkdir -p "$home"
    git -C "$top" archive "$commit" | tar -x -C "$home"
    "$home/tools/build" release >&2 || give_up "commit $commit does not build"
fi
exec node "$here/playwright/versus.js" "$programs" "$home/build/release/bin"
