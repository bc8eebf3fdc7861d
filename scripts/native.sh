#!/bin/sh
# Compiles gantry-init, statically, into dist/native. musl when it is there (37 kB a monitor), else the C library of the compiler.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
compiler=${CC:-$(command -v cc || command -v gcc || command -v clang || true)}
if [ -z "$compiler" ]; then
  echo 'gantry: a C compiler is missing: install gcc or clang (Debian: apt-get install gcc libc6-dev)' >&2
  exit 1
fi
exec make --no-print-directory -s -C src/engine/isolation/native OUT="$root/dist/native" CC="$compiler"
