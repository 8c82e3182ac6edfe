#!/usr/bin/env bash
# The browser benchmark: LiveLoad against Playwright, one line. LIVELOAD_BIN is the folder of the programs.
set -euo pipefail
cd "$(dirname "$0")/playwright"

if [ ! -d node_modules/playwright-core ]; then
    if ! said=$(npm ci --no-audit --no-fund 2>&1); then
        echo "iterations_vs_playwright: not measured: npm ci failed: $(tail -n 1 <<<"$said")"
        exit 1
    fi
fi
exec node compare.js
