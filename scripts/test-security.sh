#!/bin/sh
# The long form of all that is tested of security: attacks a thousand times over, containers beside those of dockerd, readers that are
# fed with what is wrong for a while each, the C of gantry-init under libFuzzer. docs/security.md says what is in it.
# GANTRY_TEST_FUZZ_MS (20000): how long each reader is fed; GANTRY_TEST_SEED: with which numbers, as a finding tells them.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
sh scripts/setup.sh
sh scripts/build.sh
GANTRY_TEST_SECURITY=full
TEST_TIMEOUT_MS=${TEST_TIMEOUT_MS:-1200000}
TEST_DEADLINE_MS=${TEST_DEADLINE_MS:-2400000}
export GANTRY_TEST_SECURITY TEST_TIMEOUT_MS TEST_DEADLINE_MS
output=$(mktemp)
trap 'rm -f "$output" "$output.status"' EXIT

# Both what is said and how it ends.
record() {
  { "$@" 2>&1 && echo 0 >"$output.status" || echo 1 >"$output.status"; } | tee -a "$output"
  [ "$(cat "$output.status")" = 0 ] || failed=1
}

failed=0
native=src/engine/isolation/native
if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | clang -fsanitize=fuzzer,address -x c -o /dev/null - 2>/dev/null; then
  fuzzer=libFuzzer
  record make --no-print-directory -s -C "$native" OUT="$root/dist/native" FUZZ_SECONDS="$((${GANTRY_TEST_FUZZ_MS:-20000} / 1000))" fuzz
else
  fuzzer='the mutation programs alone'
  echo 'gantry: clang or its runtime is missing (Debian: clang libclang-rt-14-dev): plans and DNS messages are fed by the mutation programs instead of libFuzzer'
fi
record make --no-print-directory -s -C "$native" OUT="$root/dist/native" CC=gcc sanitize

set -- "$root"/dist/test/security/*.test.js
for name in native/launch-security native/sealed-program system/refusals system/isolation system/container-files system/layer-store \
  unit/users unit/read-root-file unit/seccomp-bpf unit/seccomp-libseccomp unit/seccomp-profile unit/manifest unit/tar-reader cli/cp \
  api/malformed-containers api/malformed-requests registry/access; do
  set -- "$@" "$root/dist/test/$name.test.js"
done
record sh scripts/run-tests.sh "$@"

count() { sed -n "s/^ℹ $1 //p" "$output" | tail -n 1; }
inputs=$(sed -n 's/^ℹ seed [0-9]*: \([0-9]*\) inputs.*/\1/p; s/^libFuzzer on .* inputs: //p' "$output" | awk '{ total += $1 } END { print total + 0 }')
facts=$(sed -n 's/^ℹ \([0-9]*\) facts of the container compared$/\1/p' "$output" | awk '{ total += $1 } END { print total + 0 }')
echo "security: $# files, $(count tests) tests, $(count pass) passed, $(count fail) failed, $(count skipped) skipped; $inputs inputs fuzzed (C: $fuzzer), $facts facts compared with dockerd"
exit "$failed"
