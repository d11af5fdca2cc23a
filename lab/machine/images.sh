#!/usr/bin/env bash
# images.sh NAME [TABLE]: makes the stand-in images of TABLE (default lab/images.txt) in machine NAME, both in root's
# storage and in homelab's. Nothing is pulled. Images that are there already stay as they are.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:?usage: images.sh NAME [TABLE]}
table=${2:-$here/../images.txt}

"$here/machine" run "$name" /opt/lab/machine/guest/images <"$table" &
root=$!
"$here/machine" run-as "$name" homelab /opt/lab/machine/guest/images <"$table"
wait "$root"
