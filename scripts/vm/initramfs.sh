#!/bin/sh
# initramfs.sh RELEASE OUTPUT: what the kernel begins with: busybox, the modules that lead to the host's files, guest-init.sh.
set -eu
export PATH="$PATH:/usr/sbin:/sbin"
release=$1
output=$2
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
tree=$output.$$.tree
trap 'rm -rf "$tree" "$output.$$"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$tree/bin" "$tree/modules" "$tree/dev" "$tree/proc" "$tree/host" "$tree/memory" "$tree/root"

cp "$(command -v busybox)" "$tree/bin/busybox"
for applet in sh mount mkdir insmod switch_root; do ln -s busybox "$tree/bin/$applet"; done

# Each after those that it needs.
for module in virtio_pci 9p 9pnet_virtio overlay virtio_console; do
  modprobe -S "$release" --show-depends "$module"
done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$tree/modules/list"
while read -r file; do
  cp "$file" "$tree/modules/"
  basename "$file"
done <"$tree/modules/list" >"$tree/modules/order"
rm "$tree/modules/list"

cp "$here/guest-init.sh" "$tree/init"
chmod 755 "$tree/init"
(cd "$tree" && find . | cpio -o -H newc --quiet) >"$output.$$"
mv "$output.$$" "$output"
