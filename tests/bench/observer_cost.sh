#!/usr/bin/env bash
# What the observer in a page costs it: the processor time of a LiveView page with 1,000 rows that change again and
# again, while somebody clicks on some, with the observer awake and stilled, in turns.
# Usage: tests/bench/observer_cost.sh [FOLDER OF THE PROGRAMS] [PAIRS]
# Prints one line; exits 1 when it costs more than is to be reached, or cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=${1:-$here/../../build/release/bin}
exec node "$here/observer/cost.mjs" "$bin" "${2:-100}"
