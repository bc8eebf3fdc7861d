#!/bin/sh
# Runs the Node that the lockfile pins, whatever `node` is on PATH.
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
case $(uname -m) in
  x86_64) arch=x64 ;;
  aarch64) arch=arm64 ;;
  *) arch=none ;;
esac
node=$root/node_modules/node-linux-$arch/bin/node
if [ ! -x "$node" ]; then
  node=$(command -v node) || { echo 'gantry: node is missing: install Node 20 or newer' >&2; exit 1; }
fi
PATH="$(dirname -- "$node"):$PATH"
export PATH
exec "$node" "$@"
