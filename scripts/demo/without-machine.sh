#!/usr/bin/env bash
# What can be shown without root, FUSE or namespaces: plan, render, evaluate, secrets. Says what it leaves out.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
echo "No machine can be started here (it takes root, /dev/fuse and namespaces): plan, render, verify and secrets only."
[[ -x build/release/hwcsync ]] || { cmake --preset release >/dev/null && cmake --build build/release >/dev/null; }
hwcsync=$PWD/build/release/hwcsync
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HWCSYNC_CONFIG=
unset HWCSYNC_CONFIG
cp -r examples/homelab "$work/config"
cd "$work/config"
age-keygen -o "$work/key" 2>"$work/public"
recipient=$(sed -n 's/^Public key: //p' "$work/public")
for example in "$OLDPWD"/examples/secrets.example/*.env; do
  stack=$(basename "$example" .env)
  sed 's/@random@/not-a-real-value/' "$example" | "$hwcsync" secrets encrypt -r "$recipient" -o "stacks/$stack/$stack.env" -
done
git init -q --initial-branch=main .
git -c user.name=eric -c user.email=eric@example.net add -A
git -c user.name=eric -c user.email=eric@example.net commit -qm "six stacks"
sed -i 's|immich-server:v1.120.0|immich-server:v1.121.0|' stacks/immich/compose.yaml
git -c user.name=eric -c user.email=eric@example.net commit -qam "immich 1.121"
echo "\$ hwcsync plan --from HEAD~1 --to HEAD"
"$hwcsync" plan --host server --from HEAD~1 --to HEAD
echo "\$ hwcsync render --out ."
rm -rf generated/hwcsync/server
"$hwcsync" render --host server --out .
find generated -name '*.nix' -print0 | xargs -0 -n1 nix-instantiate --parse >/dev/null
echo "every generated module parses"
"$hwcsync" secrets decrypt -i "$work/key" stacks/n8n/n8n.env
echo "left out: daemon, switch, health, rollback, the FUSE view"
