#!/bin/sh
# The first process of the virtual machine: makes its root of the host's files, which it cannot change, with memory above them.
mount -t devtmpfs dev /dev
mount -t proc proc /proc
while read -r module; do insmod "/modules/$module"; done </modules/order
mount -t 9p -o ro,trans=virtio,version=9p2000.L,msize=1048576,cache=loose host /host
mount -t tmpfs -o mode=755,size=80% memory /memory
mkdir /memory/upper /memory/work
mount -t overlay -o lowerdir=/host,upperdir=/memory/upper,workdir=/memory/work root /root
mount -t proc proc /root/proc
mount -t sysfs sysfs /root/sys
mount -o move /dev /root/dev
mount -t tmpfs -o mode=755 run /root/run
# Where the scripts are comes on the kernel's command line, as the environment.
exec switch_root /root /bin/sh "$scripts/guest-run.sh"
