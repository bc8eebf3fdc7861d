#!/bin/sh
# Takes the pictures in screenshots/ anew, or those of some parts: screens, details, others, small. Needs root and about three minutes.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
mkdir -p screenshots
exec sh scripts/node.sh scripts/take-screenshots.mjs "$@"
