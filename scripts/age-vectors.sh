#!/usr/bin/env bash
# Fetches the test vectors of age (C2SP CCTV, npm package cctv-age) into the user's cache, for secrets_cctv_test.
# Not being able to is no failure: the test then says that it was skipped.
set -euo pipefail
version=0.2.0
cache=${XDG_CACHE_HOME:-$HOME/.cache}/hwcsync/cctv-age
[[ -r $cache/index.js ]] && exit 0
command -v npm >/dev/null || { echo "age-vectors: npm is not installed" >&2; exit 0; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
npm pack --silent "cctv-age@$version" >/dev/null || { echo "age-vectors: cannot fetch cctv-age" >&2; exit 0; }
tar xzf "cctv-age-$version.tgz"
mkdir -p "$cache"
mv package/index.js "$cache/index.js.$$"
mv "$cache/index.js.$$" "$cache/index.js"
