#!/usr/bin/env bash
# The browser benchmark: iterations per second of LiveLoad and of Playwright, and their ratio.
# Usage: tests/bench/iterations_vs_playwright.sh [FOLDER OF THE PROGRAMS]
# Prints one line; exits 1 when the ratio is less than is to be reached, or cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$(cd "${1:-$here/../../build/release/bin}" && pwd)
cd "$here/playwright"

if [ ! -d node_modules/playwright-core ]; then
    if ! said=$(npm ci --no-audit --no-fund 2>&1); then
        echo "iterations_vs_playwright: not measured: npm ci failed: $(tail -n 1 <<<"$said")"
        exit 1
    fi
fi
exec node compare.js "$programs"
