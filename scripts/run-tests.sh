#!/bin/sh
# Runs compiled tests: the arguments are options of node:test and files of dist/test, as they are.
# TEST_TIMEOUT_MS: how long a test may take; TEST_DEADLINE_MS (test-deadline.mjs): a file.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
# CI makes Ink draw for no terminal; the tests give it one of their own.
unset CI
exec sh scripts/node.sh --test --test-concurrency=3 --test-timeout="${TEST_TIMEOUT_MS:-300000}" --import ./scripts/test-deadline.mjs \
  --test-reporter=./scripts/skipped-tests.mjs --test-reporter-destination=stdout \
  --test-reporter=spec --test-reporter-destination=stdout "$@"
