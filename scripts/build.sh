#!/bin/sh
# Builds what is older than its sources. `build.sh bundle`: the program people start; `build.sh package [PROCESSOR…]`: also all that a package
# has, gantry-init for these processors (x64, arm64); `build.sh` alone: also dist/ for the tests.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
what=${1:-all}

# True if a file below the folders (or one of the files) in the other arguments is newer than the first one.
is_stale() {
  stamp=$1
  shift
  [ ! -f "$stamp" ] || [ -n "$(find "$@" -newer "$stamp" -print -quit)" ]
}

mkdir -p dist/native dist/bundle
native=src/engine/isolation/native
if is_stale dist/native/gantry-init "$native"; then
  sh scripts/native.sh
fi

if [ "$what" = all ] && is_stale dist/native/launch-driver "$native" test/native/launch-driver.c; then
  make --no-print-directory -s -C "$native" OUT="$root/dist/native" driver
fi

if is_stale dist/bundle/gantry.cjs src scripts/bundle.mjs scripts/bundle-thread.mjs package-lock.json; then
  sh scripts/node.sh scripts/bundle.mjs
fi

if [ "$what" = package ] && is_stale dist/library/gantry.js src scripts/bundle-library.mjs scripts/bundle-thread.mjs package-lock.json; then
  sh scripts/node.sh scripts/bundle-library.mjs
fi
if [ "$what" = package ] && is_stale dist/man/gantry.1 src/cli; then
  rm -rf dist/man
  sh scripts/node.sh dist/bundle/gantry.cjs man dist/man
fi
if [ "$what" = package ]; then
  shift
  [ $# -gt 0 ] || set -- x64 arm64
  for processor in "$@"; do
    if is_stale "dist/native/$processor/gantry-init" "$native"; then sh scripts/native.sh "$processor"; fi
  done
  sh scripts/node.sh scripts/third-party.mjs
fi

# Compiled anew: what changed and what depends on it. An output whose source has gone goes too.
if [ "$what" = all ] && is_stale dist/.types src test bench tsconfig.json package-lock.json; then
  sh scripts/node.sh node_modules/typescript/bin/tsc -p . --incremental --tsBuildInfoFile dist/.tsbuildinfo
  find dist/src dist/test dist/bench -name '*.js' | while read -r output; do
    source=${output#dist/}
    source=${source%.js}.ts
    [ -f "$source" ] || [ -f "${source}x" ] || rm -f "$output" "$output.map"
  done
  touch dist/.types
fi
