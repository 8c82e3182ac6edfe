#!/usr/bin/env bash
# The agent's processor time per iteration on the page of the browser benchmark, one line. LIVELOAD_BIN is the folder
# of the programs.
set -euo pipefail
exec node "$(dirname "$0")/playwright/agent_cpu.js"
