#!/usr/bin/env bash
# The browser benchmark with a large page, the editor of Node-RED: LiveLoad against Playwright, as
# iterations_vs_playwright.sh does with small ones.
# Usage: tests/bench/editor_vs_playwright.sh [FOLDER OF THE PROGRAMS]
# Node-RED comes from npm into build/node-red, in the versions that tests/bench/node-red names.
# Prints a line for each figure; exits 1 when one is not reached, or cannot be measured.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=$(cd "${1:-$here/../../build/release/bin}" && pwd)
home=$here/../../build/node-red

# npm in a folder that has the packages' list; what it has already, it leaves.
install() {
    local said
    said=$(cd "$1" && npm ci --omit=optional --ignore-scripts --no-audit --no-fund 2>&1) && return
    echo "editor_vs_playwright: not measured: npm ci failed: $(tail -n 1 <<<"$said")"
    exit 1
}

[ -d "$here/playwright/node_modules/playwright-core" ] || install "$here/playwright"
if ! cmp -s "$here/node-red/package-lock.json" "$home/installed"; then
    rm -rf "$home" && mkdir -p "$home"
    cp "$here"/node-red/package*.json "$home"
    install "$home"
    cp "$here/node-red/package-lock.json" "$home/installed"
fi
exec node "$here/playwright/editor.js" "$programs" "$(cd "$home/node_modules" && pwd)"
