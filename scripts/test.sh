#!/bin/sh
# Sets up, builds and runs the tests; the arguments are files below test/ without .test.ts(x), or nothing for all.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
if [ $# -gt 0 ]; then
  files=
  for name in "$@"; do files="$files dist/test/${name#test/}.test.js"; done
else
  files=$(find dist/test -name '*.test.js' | sort)
fi
[ -n "$files" ] || { echo 'no test files found' >&2; exit 1; }
# shellcheck disable=SC2086
exec sh scripts/run-tests.sh $files
