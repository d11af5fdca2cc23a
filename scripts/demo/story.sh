#!/usr/bin/env bash
# The story that the demo tells, inside the machine, with the real daemon. Every step asserts on the machine itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"
for chapter in "$here"/[0-9]*.sh; do
  . "$chapter"
done
printf '\n%s\n' "demo: $checks checks passed"
