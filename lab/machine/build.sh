#!/usr/bin/env bash
# Builds hwcsync inside the template, against Debian 13's libraries, and prints the directory of the programs. The
# result is kept by a hash of the sources; an unchanged tree is not built again. Progress goes to stderr.
#   build.sh SOURCE-DIRECTORY
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$(cd "$1" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hwcsync
template=$("$here/tree.sh")

parts=(CMakeLists.txt CMakePresets.json cmake src gitops secrets watcher nix)
hash=$(cd "$source" && find "${parts[@]}" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum |
  { cat; basename "$template"; } | sha256sum | cut -c1-16)
programs=$cache/built-$hash
if [[ -d $programs ]]; then echo "$programs"; exit 0; fi

mkdir -p "$cache/inside"
exec 9>"$cache/inside/lock"
flock 9
if [[ -d $programs ]]; then echo "$programs"; exit 0; fi

# A mount namespace of our own: the template stays as it is, and what is mounted here is gone with the process.
work=$(mktemp -d "$cache/inside/work.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
# One build directory a source tree: ninja goes by times, and an object of another tree's sources may be the newer one.
build=$cache/inside/build-$(printf %s "$source" | sha256sum | cut -c1-10)
mkdir -p "$work"/{upper,work,root} "$cache/inside/ccache" "$build"
export source template work cache build
unshare --mount --propagation private bash -euo pipefail >&2 <<'INSIDE'
mount -t overlay overlay -o "lowerdir=$template,upperdir=$work/upper,workdir=$work/work" "$work/root"
mkdir -p "$work/root"/{source,build,ccache}
mount --bind "$source" "$work/root/source"
mount -o remount,bind,ro "$work/root/source"
mount --bind "$build" "$work/root/build"
mount --bind "$cache/inside/ccache" "$work/root/ccache"
mount -t proc proc "$work/root/proc"
mount --bind /dev "$work/root/dev"
chroot "$work/root" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 CCACHE_DIR=/ccache sh -ec '
  cmake -S /source -B /build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" -DHWCSYNC_TESTS=OFF >/build/cmake.log ||
    { tail -n 30 /build/cmake.log; exit 1; }
  ninja -C /build hwcsync >/build/ninja.log || { grep -E "error|FAILED" -A5 /build/ninja.log | tail -n 60; exit 1; }'
INSIDE
mkdir "$work/programs"
cp "$build/hwcsync" "$build/hwcsync-daemon" "$build/hwcsync-secretsd" "$work/programs/"
strip "$work"/programs/*
mv "$work/programs" "$programs"
# Older results are of no use: the two newest stay.
find "$cache" -maxdepth 1 -name 'built-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 | cut -d' ' -f2- | xargs -r rm -rf
echo "$programs"
