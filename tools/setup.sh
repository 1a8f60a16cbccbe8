#!/bin/sh
# Installs the Debian packages that the build needs, if any is missing (needs root for that).
set -eu
packages="build-essential cmake ninja-build pkg-config python3 libsodium-dev libprotobuf-c-dev protobuf-c-compiler
protobuf-compiler libopenblas0 libzip-dev libjson-c-dev libcmocka-dev libssl-dev"
missing=""
for p in $packages; do
    dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "tacit: missing packages:$missing" >&2
    echo "tacit: run as root, or: sudo apt-get install$missing" >&2
    exit 1
fi
echo "tacit: installing$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
