#!/usr/bin/env bash
# The agent's processor time per iteration on the page of the browser benchmark, Chromium's not counted.
# Usage: tests/bench/agent_cpu_per_iteration.sh [FOLDER OF THE PROGRAMS]
# Prints one line; exits 1 when it is more than is to be reached, or cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$(cd "${1:-$here/../../build/release/bin}" && pwd)
exec node "$here/playwright/agent_cpu.js" "$programs"
