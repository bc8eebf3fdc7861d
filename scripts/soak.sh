#!/bin/sh
# Makes and removes ten thousand containers while a daemon, a screen and commands are at work, writes docs/soak.md and says what ran.
# GANTRY_TEST_SOAK: how many cycles instead. Takes a quarter of an hour.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
GANTRY_TEST_SOAK="${GANTRY_TEST_SOAK:-full}" GANTRY_TEST_SOAK_RESULTS="$results" TEST_DEADLINE_MS=21600000 TEST_TIMEOUT_MS=21600000 \
  sh scripts/run-tests.sh dist/test/system/soak.test.js || status=$?
sh scripts/node.sh scripts/soak-table.mjs "$results"
exit "$status"
