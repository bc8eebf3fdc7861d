#!/bin/sh
# Makes a clone ready to run: packages, native program, bundle. Does nothing, fast, when nothing is missing.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

say() { echo "gantry: $*" >&2; }

command -v node >/dev/null 2>&1 || { say 'node is missing: install Node 20 or newer'; exit 1; }
command -v npm >/dev/null 2>&1 || { say 'npm is missing: it comes with Node 20 or newer'; exit 1; }

# Compared by content: a checkout gives files times of its own.
if ! cmp -s package-lock.json node_modules/.lock-installed; then
  say 'installing packages'
  npm ci --include=dev --no-audit --no-fund --loglevel=error >&2 || { say 'packages cannot be installed: see the lines above'; exit 1; }
  cp package-lock.json node_modules/.lock-installed
fi

sh scripts/build.sh bundle
