#!/bin/sh
# cross-musl.sh x64|arm64 FOLDER    prints a compiler for that processor, which links with musl. Where Debian's musl-dev of the processor is
# not installed, it is unpacked into the folder.
set -eu
folder=$2
case $1 in
  x64) machine=x86_64 ;;
  arm64) machine=aarch64 ;;
esac
installed=/usr/lib/$machine-linux-musl
base=
if [ ! -f "$installed/libc.a" ]; then
  base=$folder
  [ -f "$base$installed/libc.a" ] || sh "$(dirname -- "$0")/foreign-packages.sh" "$1" "$folder" musl-dev
fi

# Debian's wrapper and its specs say where they are installed.
compiler=$folder/$machine-linux-musl-gcc
mkdir -p "$folder"
sed "s|/usr/|$base/usr/|g" "$base$installed/musl-gcc.specs" >"$folder/specs"
printf '#!/bin/sh\nexec %s-linux-gnu-gcc "$@" -specs "%s/specs"\n' $machine "$folder" >"$compiler"
chmod +x "$compiler"
echo "$compiler"
