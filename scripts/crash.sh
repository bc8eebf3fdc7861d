#!/bin/sh
# Kills every operation that changes the state at each of its system calls, as far as GANTRY_TEST_CRASH says (default: full), writes docs/crashes.md and says what ran.
# The arguments are files below test/ without .test.ts, or nothing for all: a full run takes hours, and rows that a run does not try stay as they are.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
[ $# -gt 0 ] || set -- system/container-crash system/network-crash system/crash system/image-crash system/engine-survival system/faults system/faults-disk system/faults-registry registry/crash
files=
for name in "$@"; do files="$files dist/test/${name#test/}.test.js"; done
results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
# shellcheck disable=SC2086
GANTRY_TEST_CRASH="${GANTRY_TEST_CRASH:-full}" GANTRY_TEST_CRASH_RESULTS="$results" TEST_DEADLINE_MS=21600000 TEST_TIMEOUT_MS=21600000 \
  sh scripts/run-tests.sh $files || status=$?
sh scripts/node.sh scripts/crash-table.mjs "$results"
exit "$status"
