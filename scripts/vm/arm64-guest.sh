#!/bin/sh
# The first process of the emulated machine: a root in memory, and commands of Gantry with what they must print. arm64.sh reads its console.
if [ "$$" = 1 ] && [ ! -d /memory-root ]; then
  /bin/busybox --install -s /bin
  mkdir -p /proc /new
  mount -t proc proc /proc
  # A container's root is exchanged for another, which the first file system of a kernel cannot be.
  mount -t tmpfs -o mode=755,size=80% new /new
  for name in bin etc init lib sbin usr; do cp -a "/$name" /new/; done
  mkdir -p /new/dev /new/proc /new/run /new/sys /new/tmp /new/var/lib /new/root /new/memory-root
  umount /proc
  exec switch_root /new /init
fi

export PATH=/usr/bin:/bin:/sbin HOME=/root TERM=xterm
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control; done
# The kernel calls it for what containers ask for.
ln -sf /bin/busybox /sbin/modprobe
modprobe -a overlay bridge veth nf_tables
ip link set lo up
echo 'root:x:0:0:root:/root:/bin/sh' >/etc/passwd
echo 'root:x:0:' >/etc/group

passed=0
failed=0

# expect WHAT STATUS OUTPUT COMMAND…    the last line of what the command prints
expect() {
  what=$1 status=$2 output=$3
  shift 3
  timeout 300 "$@" >/tmp/out 2>/tmp/err
  found=$?
  last=$(tail -n 1 /tmp/out)
  if [ "$found" = "$status" ] && { [ "$output" = - ] || [ "$last" = "$output" ]; }; then
    passed=$((passed + 1))
    echo "ok $what"
  else
    failed=$((failed + 1))
    echo "not ok $what"
    echo "   got $found, $last, $(grep '^gantry:' /tmp/err || tail -n 1 /tmp/err)"
  fi
}

alone='gantry run --rm --network none'
expect 'the engine is of arm64' 0 arm64 gantry version --format '{{.Server.Arch}}'
expect 'the host has what it takes' 0 - gantry doctor
expect 'a container runs' 0 aarch64 $alone busybox uname -m
expect 'its exit code is given' 7 '' $alone busybox sh -c 'exit 7'
expect 'a filter of system calls is on' 0 2 $alone busybox awk '$1 == "Seccomp:" { print $2 }' /proc/self/status
expect 'its capabilities are the default ones' 0 00000000a80425fb $alone busybox awk '$1 == "CapEff:" { print $2 }' /proc/self/status
expect 'a limit of memory is that of the kernel' 0 67108864 $alone --memory 64m busybox cat /sys/fs/cgroup/memory.max
expect 'a device that is not allowed is refused' 1 '' $alone busybox sh -c 'mknod /dev/m c 1 1 && cat /dev/m'
expect 'a container in the background starts' 0 - gantry run -d --name one --network none busybox sh -c 'echo a line; exec sleep 1000'
expect 'a program runs in it' 0 1 gantry exec one sh -c 'ps | grep -c "[s]leep 1000"'
expect 'its log is kept' 0 'a line' gantry logs one
expect 'its limit is changed while it runs' 0 one gantry update --memory 32m one
expect 'what the kernel has says so' 0 33554432 gantry exec one cat /sys/fs/cgroup/memory.max
expect 'it is frozen' 0 one gantry pause one
expect 'it is thawed' 0 one gantry unpause one
expect 'a file is copied into it' 0 - gantry cp /etc/group one:/copied
expect 'what changed is an image' 0 - gantry commit one mine:1
expect 'a container of two layers runs' 0 root:x:0: $alone mine:1 cat /copied
expect 'it is killed and removed' 0 one gantry rm --force one
expect 'a network is made' 0 - gantry network create lane
expect 'a container has a published port' 0 - gantry run -d --name web --network lane -p 8080:80 busybox sh -c 'mkdir /w; echo served >/w/index.html; exec httpd -f -h /w'
expect 'the host reaches it' 0 served wget -qO- http://127.0.0.1:8080/
expect 'another container finds it by name' 0 served gantry run --rm --network lane busybox wget -qO- http://web/
expect 'it is removed' 0 web gantry rm --force web
expect 'copies do where overlays do not' 0 aarch64 gantry --storage-driver vfs --root /tmp/vfs --run-root /run/vfs run --rm --network none busybox uname -m
expect 'the OCI runtime starts' 0 - gantry-runtime --version
expect 'the state is whole' 0 whole gantry system check
echo "$passed passed, $failed failed"
poweroff -f
