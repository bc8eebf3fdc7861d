#!/bin/sh
# arm64.sh [PACKAGE]    installs a package of npm (default: one of this clone) for arm64 into an emulated machine with Debian's kernel, and
# runs containers there (arm64-guest.sh). docs/vm.md says what is in it.
# GANTRY_VM_MEMORY_MB (3072), GANTRY_VM_TIMEOUT_S (1800): what it may take. GANTRY_VM_CONSOLE: a file for all that the machine prints.
set -eu
root=$(CDPATH= cd -- "$(dirname -- "$0")/../.." && pwd)
export PATH="$PATH:/usr/sbin:/sbin"

say() { echo "gantry: $*" >&2; }

missing=
has() { command -v "$1" >/dev/null 2>&1 || missing="$missing $2"; }
has qemu-system-aarch64 qemu-system-arm
has cpio cpio
has depmod kmod
has apt-get apt
has setpriv util-linux
[ -z "$missing" ] || { say "the emulated machine needs packages of Debian: apt-get install$missing"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
package=${1:-}
if [ -z "$package" ]; then
  (cd "$root" && npm pack --silent --pack-destination "$work" >&2)
  package=$(echo "$work"/gantry-*.tgz)
fi

debian=$root/dist/vm/arm64
if [ ! -f "$debian/complete" ]; then
  rm -rf "$debian"
  sh "$root/scripts/foreign-packages.sh" arm64 "$debian" linux-image-arm64 busybox-static libc6 libstdc++6 libgcc-s1 libatomic1
  touch "$debian/complete"
fi
kernel=$(echo "$debian"/boot/vmlinuz-*)
release=${kernel##*/vmlinuz-}

tree=$work/tree
mkdir -p "$tree/sbin" "$tree/etc" "$tree/usr"
cp -a "$debian/bin" "$debian/lib" "$tree/"
cp -a "$debian/usr/lib" "$tree/usr/"
ln -s busybox "$tree/bin/sh"
rm -rf "$tree/lib/modules"
from=$debian/lib/modules/$release
to=$tree/lib/modules/$release
mkdir -p "$to/kernel/fs" "$to/kernel/drivers/net"
cp -a "$from"/modules.order "$from"/modules.builtin* "$to/"
cp -a "$from/kernel/net" "$from/kernel/lib" "$from/kernel/crypto" "$to/kernel/"
cp -a "$from/kernel/fs/overlayfs" "$to/kernel/fs/"
cp -a "$from"/kernel/drivers/net/*.ko "$to/kernel/drivers/net/"
depmod -b "$tree" "$release" 2>/dev/null
npm install --loglevel=error --global --prefix "$tree/usr" --os=linux --cpu=arm64 --no-audit --no-fund --force "$package" >&2
cp "$root/scripts/vm/arm64-guest.sh" "$tree/init"
chmod 755 "$tree/init"
(cd "$tree" && find . | cpio -o -H newc --quiet) >"$work/initramfs"
rm -rf "$tree"

console=${GANTRY_VM_CONSOLE:-$work/console}
echo "emulated machine: arm64, Linux $release, cgroup v2"
# It ends with this script, however that ends.
setpriv --pdeathsig TERM timeout "${GANTRY_VM_TIMEOUT_S:-1800}" setpriv --pdeathsig KILL qemu-system-aarch64 \
  -M virt -cpu max,pauth-impdef=on -smp 2 -m "${GANTRY_VM_MEMORY_MB:-3072}" -nographic -nodefaults -no-reboot \
  -kernel "$kernel" -initrd "$work/initramfs" -append 'console=ttyAMA0 panic=-1 quiet' -serial "file:$console" &
wait $! || true
tr -d '\r' <"$console" | grep -E '^(ok|not ok|   got|[0-9]+ passed)' || true
tr -d '\r' <"$console" | grep -qE '^[1-9][0-9]* passed, 0 failed$' || { say 'containers do not run on arm64, or the machine has ended before them'; exit 1; }
