#!/usr/bin/env bash
# Must show 8: bad input gives the designed exit status and an error that a person can act on, and changes nothing.
#   cli_test.sh PROGRAM
set -uo pipefail
program=$1
source=${HWCSYNC_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
command -v git >/dev/null && command -v age-keygen >/dev/null || { echo "skipped: needs git and age"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$work HWCSYNC_CONFIG=$work/config.yaml
printf 'version: 1\nrepository: { url: /nowhere }\nstate-dir: %s/state\nruntime-dir: %s/run\n' "$work" "$work" >"$HWCSYNC_CONFIG"
failed=0
checks=0

# expect STATUS WORDS COMMAND...: exit status, and words that stderr or stdout must say.
expect() {
  local status=$1 words=$2 out got
  shift 2
  out=$("$@" 2>&1)
  got=$?
  checks=$((checks + 1))
  if [[ $got != "$status" || $out != *"$words"* ]]; then
    printf 'FAILED: %s\n  exit status %s, expected %s\n  expected words: %s\n  output: %s\n' "$*" "$got" "$status" "$words" "$out"
    failed=$((failed + 1))
  fi
}

repo=$work/repo
cp -r "$source/examples/homelab" "$repo"
age-keygen -o "$work/key" 2>"$work/public"
age-keygen -o "$work/other" 2>/dev/null
recipient=$(sed -n 's/^Public key: //p' "$work/public")
for example in "$source"/examples/secrets.example/*.env; do
  stack=$(basename "$example" .env)
  "$program" secrets encrypt -r "$recipient" -o "$repo/stacks/$stack/$stack.env" "$example" || exit 1
done
git -C "$repo" init -q --initial-branch=main
commit() { git -C "$repo" -c user.name=eric -c user.email=e@x add -A && git -C "$repo" -c user.name=eric -c user.email=e@x commit -qm "$1"; }
commit first
cd "$work"

# What works.
expect 0 "hwcsync 0." "$program" version
expect 0 "Examples:" "$program" plan --help
expect 0 "6 stacks: 0 errors" "$program" lint "$repo"
expect 0 '"version": 1' "$program" plan --repo "$repo" --host server --json
expect 2 "" "$program" plan --repo "$repo" --check
expect 0 "nothing to do" "$program" plan --repo "$repo" --from HEAD --to HEAD
expect 0 "nothing to do" "$program" plan --repo "$repo" --from HEAD --to HEAD --check
expect 0 "image-unpinned" "$program" explain
expect 0 "# What becomes of each Compose key" "$program" explain --keys
expect 0 "immich (style compose), stacks/immich/" "$program" explain immich --repo "$repo"
expect 0 "differs between styles" "$program" explain immich --repo "$repo"
expect 0 '"verdict": "mapped"' "$program" explain immich --repo "$repo" --json
expect 64 "did you mean 'immich'?" "$program" explain imich --repo "$repo"

# The command line.
expect 64 "unknown command 'plam'; did you mean 'plan'?" "$program" plam
expect 64 "no-such-option" "$program" plan --no-such-option
expect 64 "nohost" "$program" plan --repo "$repo" --host nohost
expect 64 "cannot find a config repository" "$program" lint "$work"
expect 64 "there is no such rule or stack; did you mean 'image-unpinned'?" "$program" explain image-unpined
expect 1 "no such commit" "$program" plan --repo "$repo" --to nosuch

expect 64 "may not be empty" "$program" plan --repo "$repo" --from ''
expect 64 "unknown subcommand 'decript' of secrets; did you mean 'decrypt'?" "$program" secrets decript
expect 64 "its subcommands: ls, cat, check, mount, audit, decrypt, encrypt, rekey" "$program" secrets
expect 0 "6 stacks: 0 errors" "$program" lint "$repo/stacks/n8n"
expect 0 '"version": 1' sh -c "cd '$repo/stacks' && '$program' plan --json"
git clone -q --bare "$repo" "$work/bare.git"
expect 0 "6 stacks: 0 errors" "$program" lint "$work/bare.git"
expect 0 '"version": 1' "$program" plan --repo "$work/bare.git" --json
git -C "$repo" worktree add -q "$work/other-tree" HEAD
expect 0 "6 stacks: 0 errors" "$program" lint "$work/other-tree"
expect 0 '"version": 1' "$program" plan --repo "$work/other-tree" --json
git -C "$repo" worktree remove --force "$work/other-tree"
mkdir "$work/plain" && printf 'version: 1\nhosts: { a: { flake: "#a" } }\n' >"$work/plain/hwcsync.yaml"
expect 0 "0 stacks" "$program" lint "$work/plain"
expect 64 "it is no Git repository" "$program" plan --repo "$work/plain"

# Wrong files of the repository: 65, with file, line and column.
before=$(git -C "$repo" rev-parse HEAD)
change() { # FILE SED-EXPRESSION
  sed -i "$2" "$repo/$1"
}
restore() { git -C "$repo" checkout -q -- .; }
change stacks/immich/stack.yaml 's/^firewall:/firewal:/'
expect 65 "stacks/immich/stack.yaml:9:1: unknown key 'firewal'; did you mean 'firewall'?" "$program" lint "$repo"
restore
change stacks/n8n/stack.yaml 's/source: n8n.env/source: gone.env/'
expect 65 "stacks/n8n/stack.yaml:4:" "$program" lint "$repo"
expect 65 "gone.env" "$program" lint "$repo"
restore
change hwcsync.yaml 's/^policy:/identities: [x]\npolicy:/'
expect 65 "/etc/hwcsync/config.yaml" "$program" lint "$repo"
restore
change stacks/n8n/compose.yaml 's/^    ports:/    prots:/'
expect 65 "stacks/n8n/compose.yaml:" "$program" lint "$repo"
restore
change stacks/n8n/compose.yaml 's/^    image: .*/&\n    image: twice/'
expect 65 "stands twice" "$program" lint "$repo"
restore
change stacks/n8n/compose.yaml 's/^    image: .*/    image: docker.io\/x\/${N8N_ENCRYPTION_KEY}:1/'
expect 65 "N8N_ENCRYPTION_KEY" "$program" lint "$repo"
restore
echo "N8N_ENCRYPTION_KEY=plain" >"$repo/stacks/n8n/n8n.env"
expect 65 "not encrypted" "$program" lint "$repo"
restore

# What a style cannot carry shows before anything is deployed.
change stacks/n8n/compose.yaml 's/^    image: .*/&\n    command: []/'
expect 65 "an empty 'command' would have to clear" "$program" lint "$repo"
restore

# What the policy calls an error: a finding for lint, a refusal for plan.
change hwcsync.yaml 's/image-unpinned: warn/image-unpinned: error/'
change stacks/n8n/compose.yaml 's/^\(    image: [^:]*\):.*/\1/'
expect 2 "error image-unpinned" "$program" lint "$repo"
commit unpinned
expect 5 "image-unpinned: n8n" "$program" plan --repo "$repo" --from HEAD~1
git -C "$repo" reset -q --hard HEAD~1

# The host's own file: 78.
printf 'version: 1\nstacks: [x]\n' >"$work/bad.yaml"
expect 78 "bad.yaml:2:1" "$program" status --config "$work/bad.yaml"
expect 78 "hwcsync.yaml" "$program" status --config "$work/bad.yaml"
expect 78 "missing.yaml" "$program" daemon --config "$work/missing.yaml"

# Secrets: the class of failure, and who could.
expect 0 "N8N_ENCRYPTION_KEY=" "$program" secrets decrypt -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 0 "N8N_ENCRYPTION_KEY=" sh -c "'$program' secrets decrypt -i '$work/key' - <'$repo/stacks/n8n/n8n.env'"
expect 0 "N8N_ENCRYPTION_KEY=" sh -c "'$program' secrets decrypt -i - '$repo/stacks/n8n/n8n.env' <'$work/key'"
expect 64 "twice" "$program" secrets decrypt -i - -
expect 0 "N8N_ENCRYPTION_KEY=" "$program" secrets decrypt --format dotenv -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 65 "header failure" "$program" secrets decrypt --format age -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 65 "" "$program" secrets decrypt --format json -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 64 "--format" "$program" secrets decrypt --format toml -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 0 "unchanged" "$program" secrets rekey --format dotenv -r "$recipient" -i "$work/key" "$repo/stacks/n8n/n8n.env"
expect 65 "failed" "$program" secrets rekey --format age -r "$recipient" -i "$work/key" "$repo/stacks/n8n/n8n.env"
restore
# begins CLASS COMMAND...: the first words of the error, for scripts.
begins() {
  local class=$1 out
  shift
  out=$("$@" 2>&1 >/dev/null)
  checks=$((checks + 1))
  [[ $out == "$class: cannot decrypt $work/"* ]] && return
  printf 'FAILED: %s\n  output: %s\n' "$*" "$out"
  failed=$((failed + 1))
}
begins "no match" "$program" secrets decrypt -i "$work/other" "$repo/stacks/n8n/n8n.env"
begins "not encrypted" "$program" secrets decrypt -i "$work/key" "$repo/hwcsync.yaml"
printf 'hello\n' >"$work/hello"
"$program" secrets encrypt -r "$recipient" --format age -o "$work/hello.age" "$work/hello"
head -c -40 "$work/hello.age" >"$work/torn.age"
begins "armor failure" "$program" secrets decrypt -i "$work/key" "$work/torn.age"
printf 'age-encryption.org/v1\nnonsense\n' >"$work/header.age"
begins "header failure" "$program" secrets decrypt -i "$work/key" "$work/header.age"
expect 65 "no match" "$program" secrets decrypt -i "$work/other" "$repo/stacks/n8n/n8n.env"
expect 65 "$recipient" "$program" secrets decrypt -i "$work/other" "$repo/stacks/n8n/n8n.env"
expect 65 "not encrypted" "$program" secrets decrypt -i "$work/key" "$repo/hwcsync.yaml"
sed -i 's/^\(N8N_ENCRYPTION_KEY=ENC\[AES256_GCM,data:\)./\1A/; s/^\(N8N_ENCRYPTION_KEY=ENC\[AES256_GCM,data:.\)./\1B/' "$repo/stacks/n8n/n8n.env"
expect 65 "" "$program" secrets decrypt -i "$work/key" "$repo/stacks/n8n/n8n.env"
restore

printf "# kept, as sops does\nA='it is # not cut'\nB=a\$b\nC=\"q\"\nD=a\\\\nb\n" >"$work/plain.env"
"$program" secrets encrypt -r "$recipient" -o "$work/once.env" "$work/plain.env"
"$program" secrets decrypt -i "$work/key" "$work/once.env" >"$work/again.env"
expect 0 "" cmp "$work/plain.env" "$work/again.env"
expect 65 "encrypted already" "$program" secrets encrypt -r "$recipient" "$work/once.env"
expect 65 "(not shown)" "$program" secrets encrypt -r "$(tail -n 1 "$work/key")" "$work/plain.env"
expect 1 "cannot write standard output" sh -c "'$program' version >/dev/full"

# What stands in the history is shown without its control characters, whatever its encoding.
GIT_AUTHOR_NAME=$'J\xf6rg' git -C "$repo" -c user.name=x -c user.email=e@x commit -q --allow-empty -m $'red \033[31m'
expect 0 "red ?[31m" "$program" plan --repo "$repo" --from HEAD~1 --to HEAD --json
git -C "$repo" reset -q --hard HEAD~1
change stacks/n8n/stack.yaml 's|^health:|prepare: { directories: [ { path: /etc/x, owner: "1:1" } ] }\nhealth:|'
expect 65 "belongs to the system" "$program" lint "$repo"
restore

# A reader of --json gets one document of a failure too, with the exit status and the words on stderr as ever.
change stacks/n8n/stack.yaml 's|^health:|helth:|'
commit helth
for command in lint plan render "explain n8n" "config n8n"; do
  document=$("$program" $command --repo "$repo" --host server --json 2>"$work/words")
  status=$?
  checks=$((checks + 1))
  if [[ $status != 65 || $document != *'"rule": "unreadable"'* || $document != *'"error": {'* ||
    $(<"$work/words") != "hwcsync: stacks/n8n/stack.yaml:"* ]]; then
    echo "FAILED: $command --json of an unreadable repository: status $status: $document"
    failed=$((failed + 1))
  fi
done
git -C "$repo" reset -q --hard HEAD~1

# Generated files: written, current, and never over an edit of somebody's.
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
expect 0 "" "$program" render --repo "$repo" --host server --out "$work/out" --check
mkdir -p "$work/out/generated/hwcsync/server/stacks/gone"
cp "$work/out/generated/hwcsync/server/default.nix" "$work/out/generated/hwcsync/server/stacks/gone/"
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
expect 1 "" test -e "$work/out/generated/hwcsync/server/stacks/gone"
# A config carries no marker, and stands in nobody's way at the second time.
printf '\nconfigs: { q: { content: a } }\n' >>"$repo/stacks/n8n/compose.yaml"
sed -i '0,/^    image:/s//    configs: [q]\n    image:/' "$repo/stacks/n8n/compose.yaml"
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
expect 0 "" test -e "$work/out/generated/hwcsync/server/stacks/n8n/configs/q"
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
restore
# A mounted directory is copied with its modes; what is in it is nobody's module.
mkdir -p "$repo/stacks/n8n/tools"
printf '#!/bin/sh\n' >"$repo/stacks/n8n/tools/run"
chmod +x "$repo/stacks/n8n/tools/run"
echo '{' >"$repo/stacks/n8n/tools/default.nix"
echo "services: { n8n: { volumes: [ './tools:/tools' ] } }" >"$repo/stacks/n8n/compose.override.yaml"
expect 0 "repository-mount-read-only" "$program" lint "$repo"
expect 0 "the container can read it and not write to it" "$program" explain --repo "$repo" --host server n8n
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
expect 0 "" test -x "$work/out/generated/hwcsync/server/stacks/n8n/trees/tools/run"
expect 0 "" "$program" render --repo "$repo" --host server --out "$work/out" --check
chmod -x "$work/out/generated/hwcsync/server/stacks/n8n/trees/tools/run"
expect 2 "trees/tools/run: stale" "$program" render --repo "$repo" --host server --out "$work/out" --check
rm -r "$repo/stacks/n8n/tools" "$repo/stacks/n8n/compose.override.yaml"
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/out"
expect 1 "" test -e "$work/out/generated/hwcsync/server/stacks/n8n/trees"
# A directory of the name `assets` above it all makes nothing an asset.
expect 0 "files in all" "$program" render --repo "$repo" --host server --out "$work/assets/out"
echo "# mine" >>"$work/assets/out/generated/hwcsync/server/host.nix"
expect 5 "edited" "$program" render --repo "$repo" --host server --out "$work/assets/out"
echo "# mine" >>"$work/out/generated/hwcsync/server/host.nix"
expect 2 "host.nix: stale" "$program" render --repo "$repo" --host server --out "$work/out" --check
expect 5 "edited" "$program" render --repo "$repo" --host server --out "$work/out"

# Nothing was changed by any of this.
[[ $(git -C "$repo" rev-parse HEAD) == "$before" && -z $(git -C "$repo" status --porcelain) ]] || {
  echo "FAILED: the repository was changed"
  failed=$((failed + 1))
}
echo "$checks checks, $failed failed"
[[ $failed == 0 ]]
