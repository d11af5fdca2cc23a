#!/usr/bin/env bash
# Secrets on a real machine: who reads them, and what they survive.
#   --keep   leaves the machine running, and says how to look at it
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/lab/need-machine.sh
keep=${1:-}

HWCSYNC_LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/hwcsync-secrets.XXXXXX")
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
  [[ $status == 0 ]] || echo "secrets: failed with status $status" >&2
}

programs=$(lab/machine/build.sh .)
trap finish EXIT
machine create server
machine start server
lab/machine/images.sh server tests/lab/secrets/images.txt
stage=$(mktemp -d)
mkdir -p "$stage/hwcsync/bin"
cp -r lab/hwcsync/flake.nix nix "$stage/hwcsync/"
cp "$programs"/* "$stage/hwcsync/bin/"
machine put server "$stage/hwcsync" /opt/hwcsync
machine put server "$PWD/scripts/demo" /opt/demo
machine put server "$PWD/tests/lab/stacks" /opt/stacks
machine put server "$PWD/tests/lab/secrets" /opt/secrets
rm -rf "$stage"
machine run server bash /opt/secrets/story.sh 10 50
machine reboot server
machine run server bash /opt/secrets/story.sh 70 90
