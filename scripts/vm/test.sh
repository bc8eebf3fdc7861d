#!/bin/sh
# Runs tests in a small virtual machine: Debian's kernel with cgroup v2 alone and its modules, the files of this host, emulated
# by qemu. docs/vm.md says what is in it.
#   test.sh [--within SECONDS] [-t PATTERN] [FILE…]    files below test/ without .test.ts(x), default the parts of tests.txt: those that need
#                                   what this host may lack; -t: tests whose title matches; --within: as many parts as end in that time, the
#                                   first ones first. Without packages or time it says so then, and that is no failure.
# GANTRY_VM_MEMORY_MB (3072), GANTRY_VM_TIMEOUT_S (3600): what it may take. GANTRY_VM_CONSOLE: a file for the kernel's messages.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"

say() { echo "gantry: $*" >&2; }

until=
if [ "${1:-}" = --within ]; then
  until=$(($(date +%s) + $2))
  shift 2
fi
# Where there is a limit, what cannot be run is left out.
leave() {
  [ -n "$until" ] || { say "$1"; exit 1; }
  echo "virtual machine: nothing covered: $1"
  exit 0
}

[ "$(uname -m)" = x86_64 ] || leave "the virtual machine is one of x86_64, and this host is $(uname -m)"
missing=
has() { PATH=$PATH:/usr/sbin:/sbin command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
has qemu-system-x86_64 qemu-system-x86
has busybox busybox-static
has cpio cpio
has modprobe kmod
has mkfs.ext4 e2fsprogs
has setpriv util-linux
release=
for image in $(ls /boot/vmlinuz-* 2>/dev/null | sort -V); do
  [ ! -d "/lib/modules/${image#/boot/vmlinuz-}" ] || release=${image#/boot/vmlinuz-}
done
[ -n "$release" ] || missing="$missing linux-image-amd64"
[ -z "$missing" ] || leave "the virtual machine needs packages of Debian: apt-get install$missing"

pattern=
if [ "${1:-}" = -t ]; then
  [ $# -ge 2 ] || { say '-t wants a pattern'; exit 1; }
  pattern=$2
  shift 2
fi
sh scripts/setup.sh
sh scripts/build.sh
mkdir -p dist/vm
initramfs=dist/vm/initramfs-$release
if [ ! -f "$initramfs" ] || [ -n "$(find scripts/vm "/lib/modules/$release/modules.dep" -newer "$initramfs" -print -quit)" ]; then
  sh scripts/vm/initramfs.sh "$release" "$initramfs"
fi

echo "virtual machine: Linux $release, cgroup v2; tests: ${*:-those of scripts/vm/tests.txt}${pattern:+ (titles: $pattern)}"
for name in "$@"; do
  [ -f "dist/test/${name#test/}.test.js" ] || { say "no such file of tests: $name"; exit 1; }
done
[ $# -gt 0 ] || set -- --list scripts/vm/tests.txt
[ -z "$pattern" ] || set -- -t "$pattern" "$@"
if [ -n "$until" ]; then
  left=$((until - $(date +%s)))
  [ "$left" -ge 60 ] || leave "no time: $left s are left"
  set -- --until "$until" "$@"
  # It ends by itself, unless it hangs.
  export GANTRY_VM_TIMEOUT_S=$((left + 20))
fi
status=0
sh scripts/node.sh scripts/vm/boot.mjs "/boot/vmlinuz-$release" "$initramfs" sh scripts/node.sh scripts/vm/run-parts.mjs "$@" || status=$?
if [ "$status" = 124 ] && [ -n "$until" ]; then
  echo 'virtual machine: it has not ended in time; what it covered is above'
  exit 0
fi
exit "$status"
