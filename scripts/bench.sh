#!/bin/sh
# Benchmarks, side by side with the peers that are installed; the arguments are names of benchmarks, or nothing for all.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
exec sh scripts/node.sh dist/bench/run.js "$@"
