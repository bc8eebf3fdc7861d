#!/bin/sh
# Everything that must hold before a commit lands. Each check prints how much it looked at.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
step() { printf '\n== %s\n' "$*"; }

step types
sh scripts/build.sh
echo "$(find dist/src dist/test -name '*.js' | wc -l) modules compiled"
# The native lanes take as long as the next three together, and none of them looks at what another writes.
native=$(mktemp)
trap 'rm -f "$native"' EXIT
sh scripts/check-native.sh >"$native" 2>&1 &
lanes=$!
step lint
sh scripts/node.sh node_modules/@biomejs/biome/bin/biome check --error-on-warnings .
step imports
sh scripts/node.sh scripts/check-imports.mjs
step dead code
sh scripts/node.sh node_modules/knip/bin/knip.js --no-progress
echo 'no unused file, export or package'
step native
wait "$lanes" || { cat "$native"; exit 1; }
cat "$native"
step tests
sh scripts/test.sh
