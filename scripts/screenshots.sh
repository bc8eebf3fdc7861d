#!/bin/sh
# Takes the pictures in screenshots/ anew. Needs root and about two minutes.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
mkdir -p screenshots
exec sh scripts/node.sh scripts/take-screenshots.mjs
