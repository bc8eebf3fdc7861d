#!/bin/sh
# foreign-packages.sh x64|arm64 FOLDER PACKAGE…    unpacks packages of Debian for that processor into the folder. apt has lists of its own for
# it, so that the machine need not know the other processor; nothing is installed.
set -eu
case $1 in
  x64) debian=amd64 ;;
  arm64) debian=arm64 ;;
esac
folder=$2
shift 2
command -v apt-get >/dev/null 2>&1 || { echo "gantry: $* of Debian is needed for $debian, and there is no apt-get to fetch it" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$folder"
apt() {
  command=$1
  shift
  "$command" -qq -o APT::Architecture=$debian -o APT::Architectures::=$debian -o APT::Sandbox::User= \
    -o Dir::State::lists="$work/lists" -o Dir::Cache="$work/cache" "$@"
}
cd "$work"
apt apt-get update >&2
for package in "$@"; do
  # The package without a version says which kernel it means.
  [ "$package" != "linux-image-$debian" ] || package=$(apt apt-cache depends "$package" | awk '$1 == "Depends:" { print $2; exit }')
  apt apt-get download "$package:$debian" >&2
done
for file in *.deb; do dpkg-deb -x "$file" "$folder"; done
