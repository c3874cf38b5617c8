#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The page of reel explain, and the playground, in a browser: Chromium, driven by Playwright, looked over by
# axe-core. Makes the playground first. Installs what is missing, on Debian and its like, and leaves
# pictures in build/browser.
#
#   scripts/browser.sh [program]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/debian.sh
reel=$(realpath "${1:-build/release/bin/reel}")
folder=build/browser

install_for chromium chromium
install_for npm nodejs npm
scripts/playground.sh
page=$(realpath build/playground/index.html)
mkdir -p "$folder"
cp tests/browser/package.json tests/browser/*.mjs tests/browser/*.yml "$folder"
cd "$folder"
[ -d node_modules/axe-core ] || npm install --no-audit --no-fund --silent
node explain.mjs "$reel" "$(command -v chromium)"
node same.mjs "$reel" ../wasm/lab.js
node playground.mjs "$reel" "$(command -v chromium)" "$page"
