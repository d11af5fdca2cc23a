#!/usr/bin/env bash
# Inside the machine, with the real daemon: story.sh FIRST LAST runs the chapters in that range of numbers.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. /opt/demo/lib.sh
. /opt/stacks/lib.sh
. "$here/lib.sh"
for chapter in "$here"/[0-9]*.sh; do
  number=$(basename "$chapter")
  number=${number%%-*}
  if ((number >= $1 && number <= $2)); then . "$chapter"; fi
done
printf '\n%s\n' "secrets: $checks checks passed"
