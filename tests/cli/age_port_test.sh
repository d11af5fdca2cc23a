#!/usr/bin/env bash
# Files of age's TypeScript port and ours, both ways: age_port_test.sh HWCSYNC
set -euo pipefail
hwcsync=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
port=$(find "${XDG_CACHE_HOME:-$HOME/.cache}/hwcsync" -maxdepth 1 -name 'age-port-*' 2>/dev/null | sort | tail -n 1)
command -v node >/dev/null || { echo "skipped: node is not installed" >&2; exit 77; }
[[ -n $port ]] || { echo "skipped: age's TypeScript port is not there; scripts/oracles.sh fetches it" >&2; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# A package is found from where the importing file is.
ln -s "$port/node_modules" "$work/node_modules"
cp "$here/age_port.mjs" "$work/"
port() { node "$work/age_port.mjs" "$@"; }

key=$here/../secrets/fixtures/key.txt
identity=$(grep '^AGE-SECRET-KEY-' "$key")
recipient=$(sed -n 's/^# public key: //p' "$key")
other=age1lvyvwawkr0mcnnnncaghunadrqkmuf9e6507x9y920xxpp866cnql7dp2z
for size in 0 1 65535 65536 65537 200000; do
  head -c "$size" /dev/urandom >"$work/plain"
  for form in age asc; do
    port encrypt "$work/theirs.$form" "$other" "$recipient" <"$work/plain"
    "$hwcsync" secrets decrypt -i "$key" "$work/theirs.$form" | cmp - "$work/plain"
  done
  "$hwcsync" secrets encrypt --format age -r "$other" -r "$recipient" -o "$work/ours.age" "$work/plain"
  port decrypt "$work/ours.age" "$identity" | cmp - "$work/plain"
  echo "$size bytes: both ways"
done
