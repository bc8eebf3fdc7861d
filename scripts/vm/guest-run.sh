#!/bin/sh
# What the virtual machine does when it has its root: reads from its port a folder and a command, a word a line and an empty
# line at the end, and runs it there, with folders for temporary files of its own. boot.mjs is the other end of the port, and of the status.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
mkdir -p /dev/pts /dev/shm /dev/mqueue
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t mqueue mqueue /dev/mqueue
mount -t cgroup2 -o nsdelegate,memory_recursiveprot cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done
ip link set lo up

for port in /sys/class/virtio-ports/*; do
  [ "$(cat "$port/name")" != gantry ] || port_file=/dev/${port##*/}
done
exec 3<>"$port_file"
IFS= read -r folder <&3
# It may be in a folder that is covered next.
mkdir /run/folder
mount --bind "$folder" /run/folder

# State roots need a file system that overlays can write to and whose ids can be mapped.
modprobe -a loop btrfs dm_mod fuse
truncate -s 16G /run/disk
mount -o remount,size=80% /run
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=1 /run/disk
mount -o loop,noinit_itable /run/disk /tmp
# The memory behind a loop device counts as that of who writes to it, in a way that cannot be reclaimed; behind a RAM disk it does not.
modprobe brd rd_nr=1 rd_size=262144
mkfs.ext4 -q -O ^has_journal -E lazy_itable_init=1 /dev/ram0
mount -o noinit_itable /dev/ram0 /var/tmp
chmod 1777 /tmp /var/tmp
if [ ! -d "$folder" ]; then
  mkdir -p "$folder"
  mount --bind /run/folder "$folder"
fi

set --
while IFS= read -r word <&3 && [ -n "$word" ]; do set -- "$@" "$word"; done
cd "$folder" || exit
GANTRY_VM=1 "$@" </dev/null >&3 2>&3
status=$?
# 16 says that it is a status; qemu ends with twice the byte and one (isa-debug-exit).
[ "$status" -le 100 ] || status=100
printf "\\$(printf %o $((status + 16)))" | dd of=/dev/port bs=1 seek=244 2>/dev/null
