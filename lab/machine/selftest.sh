#!/usr/bin/env bash
# Proves that a lab machine does what the tests of hwcsync rely on. Makes a machine of its own and removes it again.
# usage: selftest.sh [--keep]
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export HWCSYNC_LAB_DIR=${HWCSYNC_LAB_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/hwcsync-lab-selftest.XXXXXX")}
name=selftest
keep=${1:-}
machine() { "$here/machine" "$@"; }
finish() {
  local status=$?
  if [[ $keep == --keep ]]; then echo "kept: HWCSYNC_LAB_DIR=$HWCSYNC_LAB_DIR"; else machine destroy $name; rmdir "$HWCSYNC_LAB_DIR" 2>/dev/null || true; fi
  [[ $status == 0 ]] || echo "selftest: FAILED" >&2
}
trap finish EXIT

begin=${EPOCHREALTIME/./}
lap() { # says how long the step took
  local now=${EPOCHREALTIME/./}
  printf '%7d ms  %s\n' $(((now - begin) / 1000)) "$1"
  begin=$now
}

machine create $name; lap 'create'
machine start $name; lap 'boot'
[[ $(machine run $name systemctl is-system-running) == running ]]
machine run $name sh -c 'exit 7' && exit 1 || [[ $? == 7 ]]
[[ $(echo through | machine run $name cat) == through ]]
[[ $(machine run-as $name homelab sh -c 'echo $XDG_RUNTIME_DIR; id -u' | xargs) == '/run/user/1000 1000' ]]
lap 'run, run-as'
"$here/images.sh" $name; lap 'images'
for part in "$here"/selftest.d/[0-9]*.sh; do
  timeout 180 "$here/machine" run $name bash "/opt/lab/machine/selftest.d/$(basename "$part")"; lap "$(basename "$part" .sh)"
  if [[ $(basename "$part") == 40-* ]]; then machine reboot $name; lap 'reboot'; fi
done
machine kill $name; lap 'plug pulled'
machine start $name; lap 'boot after that'
echo 'selftest: ok'
