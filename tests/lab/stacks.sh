#!/usr/bin/env bash
# How stacks move, proved on a machine: in order, as groups, one container at a time, or not at all.
#   --keep   leaves the machine running, and says how to look at it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/lab/need-machine.sh
keep=${1:-}

HWCSYNC_LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/hwcsync-stacks.XXXXXX")
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
  [[ $status == 0 ]] || echo "stacks: failed with status $status" >&2
}

programs=$(lab/machine/build.sh .)
trap finish EXIT
machine create server
machine start server
lab/machine/images.sh server tests/lab/stacks/images.txt
stage=$(mktemp -d)
mkdir -p "$stage/hwcsync/bin"
cp -r lab/hwcsync/flake.nix nix "$stage/hwcsync/"
cp "$programs"/* "$stage/hwcsync/bin/"
machine put server "$stage/hwcsync" /opt/hwcsync
machine put server "$PWD/scripts/demo" /opt/demo
machine put server "$PWD/tests/lab/stacks" /opt/stacks
rm -rf "$stage"
machine run server bash /opt/stacks/story.sh
