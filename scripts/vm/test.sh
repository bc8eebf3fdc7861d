#!/bin/sh
# Runs tests in a small virtual machine: Debian's kernel with cgroup v2 alone and its modules, the files of this host, emulated
# by qemu. docs/vm.md says what is in it.
#   test.sh [-t PATTERN] [FILE…]    files below test/ without .test.ts(x), default those that need what this host may lack;
#                                   -t: tests whose title matches
# GANTRY_VM_MEMORY_MB (3072), GANTRY_VM_TIMEOUT_S (3600): what it may take. GANTRY_VM_CONSOLE: a file for the kernel's messages.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
cd "$root"

say() { echo "gantry: $*" >&2; }

[ "$(uname -m)" = x86_64 ] || { say "the virtual machine is one of x86_64, and this host is $(uname -m)"; exit 1; }
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
[ -z "$missing" ] || { say "the virtual machine needs packages of Debian: apt-get install$missing"; exit 1; }

pattern=
if [ "${1:-}" = -t ]; then
  [ $# -ge 2 ] || { say '-t wants a pattern'; exit 1; }
  pattern=$2
  shift 2
fi
[ $# -gt 0 ] || set -- contract/cgroup-driver contract/engine-lifecycle contract/storage-driver contract/storage-containers system/cgroup-load \
  system/device-control system/isolation system/remap system/sctp system/stats-events

sh scripts/setup.sh
sh scripts/build.sh
mkdir -p dist/vm
initramfs=dist/vm/initramfs-$release
if [ ! -f "$initramfs" ] || [ -n "$(find scripts/vm "/lib/modules/$release/modules.dep" -newer "$initramfs" -print -quit)" ]; then
  sh scripts/vm/initramfs.sh "$release" "$initramfs"
fi

echo "virtual machine: Linux $release, cgroup v2; tests: $*${pattern:+ (titles: $pattern)}"
count=$#
for name in "$@"; do
  name=${name#test/}
  [ -f "dist/test/$name.test.js" ] || { say "no such file of tests: $name"; exit 1; }
  set -- "$@" "dist/test/$name.test.js"
done
shift "$count"
[ -z "$pattern" ] || set -- "--test-name-pattern=$pattern" "$@"
exec sh scripts/node.sh scripts/vm/boot.mjs "/boot/vmlinuz-$release" "$initramfs" sh scripts/run-tests.sh "$@"
