#!/bin/sh
# The C of gantry-init: the plan parser under ASan and UBSan with malformed plans, and gcc's analyzer over every file.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
native=$root/src/engine/isolation/native
compiler=$(command -v gcc || true)
if [ -z "$compiler" ]; then
  echo 'gantry: the sanitizers and the analyzer of gcc are needed: apt-get install gcc libc6-dev' >&2
  exit 1
fi
for lane in sanitize analyze; do
  make --no-print-directory -s -C "$native" OUT="$root/dist/native" CC="$compiler" "$lane"
done
