#!/usr/bin/env bash
# The browser benchmark: iterations per second and Chromium's processor time of LiveLoad against Playwright.
# Usage: tests/bench/iterations_vs_playwright.sh [FOLDER OF THE PROGRAMS]
# Prints a line for each figure; exits 1 when one is not reached, or cannot be measured.
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
