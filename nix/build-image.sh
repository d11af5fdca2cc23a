#!/bin/sh
# build-image IMAGE CONTEXT [option of `podman build` ...]
#
# Makes an image from files of the repository, unless it is there: its tag stands for everything it is made from. For
# root, or for the user whose podman listens at CONTAINER_HOST. The context is copied, because what is in the store can
# be written to by nobody, and the files of an image should be.
#
# Exit status: 0 the image is there; 1 it could not be built; 64 usage; 69 podman does not answer.
set -u

podman=${HWCSYNC_PODMAN:-/run/current-system/sw/bin/podman}
limit=${HWCSYNC_BUILD_LIMIT:-1800}

say() { printf 'build-image: %s\n' "$*" >&2; }

[ "$#" -ge 2 ] || {
  say "usage: build-image IMAGE CONTEXT [OPTION ...]"
  exit 64
}
image=$1
context=$2
shift 2

podman_() {
  if [ -n "${CONTAINER_HOST-}" ]; then
    "$podman" --url "$CONTAINER_HOST" "$@"
  else
    "$podman" "$@"
  fi
}

podman_ image exists "$image"
case $? in
0) exit 0 ;;
# 1 is "no"; anything else is podman in trouble, and no answer.
1) ;;
*)
  say "podman cannot say whether $image exists"
  exit 69
  ;;
esac

work=$(mktemp -d "${TMPDIR:-/var/tmp}/hwcsync-build-XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cp -R "$context/." "$work" && chmod -R u+w "$work" && cd "$work" || {
  say "cannot copy $context"
  exit 1
}
say "building $image"
if [ -n "${CONTAINER_HOST-}" ]; then set -- --url "$CONTAINER_HOST" build --tag "$image" "$@" .; else set -- build --tag "$image" "$@" .; fi
timeout -k 10 "$limit" "$podman" "$@" || {
  status=$?
  [ "$status" -ne 124 ] || say "not done within $limit s"
  say "cannot build $image (exit status $status)"
  exit 1
}
