#!/bin/sh
# Kills every operation that changes the state at each of its system calls, as far as GANTRY_TEST_CRASH says (default: full), writes docs/crashes.md and says what ran.
#   crash.sh [--resume] [FILE…]    files below test/ without .test.ts, or nothing for all; --resume: cases that the last run has done are not tried again
# What is tried is in dist/crash-results.jsonl, a line a case, however the run ends; rows of cases that were not tried, or that failed, stay as they are.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
results=dist/crash-results.jsonl
if [ "${1:-}" = --resume ]; then shift; else rm -f "$results"; fi
touch "$results"
[ $# -gt 0 ] || set -- system/container-crash system/crash system/network-crash system/image-crash system/engine-survival system/faults system/faults-disk system/faults-registry registry/crash
files=
for name in "$@"; do files="$files dist/test/${name#test/}.test.js"; done
status=0
# shellcheck disable=SC2086
GANTRY_TEST_CRASH="${GANTRY_TEST_CRASH:-full}" GANTRY_TEST_CRASH_RESULTS="$root/$results" TEST_DEADLINE_MS=21600000 TEST_TIMEOUT_MS=21600000 \
  sh scripts/run-tests.sh $files &
tests=$!
trap 'kill "$tests" 2>/dev/null' HUP INT TERM
wait "$tests" || status=$?
# A signal ends the waiting, not what is waited for.
wait "$tests" 2>/dev/null || true
sh scripts/node.sh scripts/crash-table.mjs "$results"
exit "$status"
