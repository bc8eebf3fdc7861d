#!/bin/sh
# Writes the golden files of test/golden and docs/keys.md anew; look at the differences before they are committed.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
GOLDEN=write
export GOLDEN
exec sh scripts/test.sh ui/frames ui/golden ui/graphs ui/tune ui/keys ui/keys-document cli/lists cli/inspect cli/help
