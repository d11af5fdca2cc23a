#!/usr/bin/env bash
# Builds the template of the lab machine (Debian 13 in a directory) once and prints its path.
# The name carries a hash of this script and of the package list, so an edited list makes a new template
# and a finished one is never changed. Progress goes to stderr.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hwcsync
hash=$(cat "$here/tree.sh" "$here/packages.txt" | sha256sum | cut -c1-12)
tree=$cache/lab-$hash

if [[ -e $tree ]]; then echo "$tree"; exit 0; fi
if [[ $(id -u) != 0 ]]; then echo "tree.sh: building the template needs root" >&2; exit 1; fi

mkdir -p "$cache/debs"
exec 9>"$cache/lab.lock"
flock 9                                   # a second caller waits here and then finds the finished tree
if [[ -e $tree ]]; then echo "$tree"; exit 0; fi

# A bare Debian host lacks these.
need=()
for pair in debootstrap:debootstrap systemd-nspawn:systemd-container busybox:busybox-static ip:iproute2; do
  command -v "${pair%%:*}" >/dev/null || need+=("${pair#*:}")
done
if (( ${#need[@]} )); then
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${need[@]}"; } >&2
fi

half=$tree.new
cleanup() { mountpoint -q "$half/var/cache/apt/archives" && umount "$half/var/cache/apt/archives"; rm -rf --one-file-system "$half"; }
trap cleanup EXIT
rm -rf --one-file-system "$half"
debootstrap --variant=minbase --cache-dir="$cache/debs" trixie "$half"${LAB_MIRROR:+"$LAB_MIRROR"} >&2

# Nothing starts in a chroot, and the template is thrown away when a write fails, so no fsync per file.
printf '#!/bin/sh\nexit 101\n' >"$half/usr/sbin/policy-rc.d"; chmod 755 "$half/usr/sbin/policy-rc.d"
echo force-unsafe-io >"$half/etc/dpkg/dpkg.cfg.d/lab"
mount --bind "$cache/debs" "$half/var/cache/apt/archives"
mapfile -t packages < <(sed 's/#.*//' "$here/packages.txt" | tr -s ' \t' '\n' | grep .)
chroot "$half" env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
  apt-get install -qy --no-install-recommends "${packages[@]}" >&2
umount "$half/var/cache/apt/archives"
rm -rf "$half/usr/sbin/policy-rc.d" "$half"/var/lib/apt/lists/* "$half"/usr/share/{doc,man,locale}/*
# Machines must not share an identity, and podman must not find state of the installation.
: >"$half/etc/machine-id"
rm -rf "$half"/var/lib/containers "$half/etc/hostname"

trap - EXIT
mv -T "$half" "$tree"
echo "$tree"
