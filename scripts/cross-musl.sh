#!/bin/sh
# cross-musl.sh x64|arm64 FOLDER    prints a compiler for that processor, which links with musl. Where Debian's musl-dev of the processor is
# not installed, it is unpacked into the folder: by apt, with lists of its own, so that the machine need not know the other processor.
set -eu
folder=$2
case $1 in
  x64) machine=x86_64 debian=amd64 ;;
  arm64) machine=aarch64 debian=arm64 ;;
esac
installed=/usr/lib/$machine-linux-musl
if [ -f "$installed/libc.a" ]; then
  base=
else
  base=$folder
fi

if [ -n "$base" ] && [ ! -f "$base$installed/libc.a" ]; then
  command -v apt-get >/dev/null 2>&1 || { echo "gantry: musl for $1 is not at $installed, and there is no apt-get to fetch it" >&2; exit 1; }
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
  apt() {
    apt-get -qq -o APT::Architecture=$debian -o APT::Architectures::=$debian -o APT::Sandbox::User= \
      -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" "$@" >&2
  }
  cd "$work"
  apt update
  apt download musl-dev:$debian
  dpkg-deb -x musl-dev_*.deb "$folder"
fi

# Debian's wrapper and its specs say where they are installed.
compiler=$folder/$machine-linux-musl-gcc
mkdir -p "$folder"
sed "s|/usr/|$base/usr/|g" "$base$installed/musl-gcc.specs" >"$folder/specs"
printf '#!/bin/sh\nexec %s-linux-gnu-gcc "$@" -specs "%s/specs"\n' $machine "$folder" >"$compiler"
chmod +x "$compiler"
echo "$compiler"
