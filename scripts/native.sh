#!/bin/sh
# Compiles gantry-init, statically. `native.sh`: for this machine, into dist/native, with musl when it is there (37 kB a monitor), else the
# C library of the compiler. `native.sh x64` or `arm64`: for a package, into the folder of that name (docs/adr/0038).
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
out=$root/dist/native
processor=${1:-}

say() { echo "gantry: $*" >&2; }
build() { make --no-print-directory -s -C src/engine/isolation/native "$@"; }

case $processor in
  x64) machine=x86_64 packages='gcc-x86-64-linux-gnu linux-libc-dev-amd64-cross' ;;
  arm64) machine=aarch64 packages='gcc-aarch64-linux-gnu linux-libc-dev-arm64-cross' ;;
  *) machine=$(uname -m) ;;
esac

if [ "$machine" = "$(uname -m)" ]; then
  compiler=${CC:-$(command -v cc || command -v gcc || command -v clang || true)}
  [ -n "$compiler" ] || { say 'a C compiler is missing: install gcc or clang (Debian: apt-get install gcc libc6-dev)'; exit 1; }
  build OUT="$out" CC="$compiler"
  [ -n "$processor" ] || exit 0
  mkdir -p "$out/$processor"
  cp "$out/gantry-init" "$out/$processor/gantry-init"
  command -v musl-gcc >/dev/null 2>&1 || say "gantry-init for $processor is linked with the compiler's C library: three times as large, and its licence is not musl's (Debian: apt-get install musl-tools)"
  exit 0
fi

# What was built earlier could be of other sources.
rm -f "$out/$processor/gantry-init"
compiler=$machine-linux-gnu-gcc
headers=/usr/$machine-linux-gnu/include/linux
if ! command -v "$compiler" >/dev/null 2>&1 || [ ! -d "$headers" ]; then
  say "$processor is left out, for want of a compiler (Debian: apt-get install $packages)"
elif musl=$(sh scripts/cross-musl.sh "$processor" "$out/cross-$processor"); then
  build OUT="$out/cross-$processor" CC="$compiler" MUSL="$musl"
  mkdir -p "$out/$processor"
  cp "$out/cross-$processor/gantry-init" "$out/$processor/gantry-init"
else
  say "$processor is left out, for want of musl: see the lines above"
fi
