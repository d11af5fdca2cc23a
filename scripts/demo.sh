#!/usr/bin/env bash
# Builds hwcsync and shows its main job on a real machine in a directory: a pushed commit becomes a running, healthy
# system, and a bad one is taken back. Leaves nothing behind but caches.
#   --keep   leaves the machine running, and says how to look at it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
keep=${1:-}

./scripts/prepare.sh
if [[ $(id -u) != 0 || ! -e /dev/fuse ]] || ! unshare --mount true 2>/dev/null; then
  exec ./scripts/demo/without-machine.sh
fi

HWCSYNC_LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/hwcsync-demo.XXXXXX")
export HWCSYNC_LAB_DIR
machine() { lab/machine/machine "$@"; }
finish() {
  local status=$?
  if [[ $keep == --keep ]]; then
    echo "kept: HWCSYNC_LAB_DIR=$HWCSYNC_LAB_DIR lab/machine/machine run server bash"
  else
    machine destroy server || true
    rmdir "$HWCSYNC_LAB_DIR" 2>/dev/null || true
  fi
  [[ $status == 0 ]] || echo "demo: failed with status $status" >&2
}

step() { printf '\n== %s\n' "$*"; }
step "building hwcsync for the machine (Debian 13 under systemd-nspawn; the first time takes a few minutes)"
lab/machine/tree.sh >/dev/null 2>"$HWCSYNC_LAB_DIR/tree.log" || { tail -n 30 "$HWCSYNC_LAB_DIR/tree.log"; exit 1; }
programs=$(lab/machine/build.sh .)

step "starting the machine"
trap finish EXIT
machine create server
machine start server
lab/machine/images.sh server
stage=$(mktemp -d)
mkdir "$stage/hwcsync" "$stage/hwcsync/bin"
cp -r lab/hwcsync/flake.nix nix "$stage/hwcsync/"
cp "$programs"/* "$stage/hwcsync/bin/"
machine put server "$stage/hwcsync" /opt/hwcsync
machine put server "$PWD/examples" /opt/examples
machine put server "$PWD/scripts/demo" /opt/demo
rm -rf "$stage" "$HWCSYNC_LAB_DIR/tree.log"

machine run server bash /opt/demo/story.sh
