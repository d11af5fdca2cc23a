#!/usr/bin/env bash
# Inside the machine, with the real daemon: every chapter pushes a commit and asserts on containers and units.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. /opt/demo/lib.sh
. "$here/lib.sh"
for chapter in "$here"/[0-9]*.sh; do
  . "$chapter"
done
printf '\n%s\n' "stacks: $checks checks passed"
