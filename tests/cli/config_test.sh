#!/usr/bin/env bash
# `hwcsync config`: plain Compose files and stacks, as YAML and JSON, with the designed exit statuses.
#   config_test.sh PROGRAM
set -uo pipefail
program=$1
source=${HWCSYNC_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work/home HWCSYNC_CONFIG=$work/config.yaml
printf 'version: 1\nrepository: { url: /nowhere }\nstate-dir: %s/state\nruntime-dir: %s/run\n' "$work" "$work" >"$HWCSYNC_CONFIG"
failed=0
checks=0

# expect STATUS WORDS COMMAND...: exit status, and words that stderr or stdout must say; "!WORDS": must not say.
expect() {
  local status=$1 words=$2 out got
  shift 2
  out=$("$@" 2>&1)
  got=$?
  checks=$((checks + 1))
  if [[ $got == "$status" && $words != '!'* && $out == *"$words"* ]]; then return; fi
  if [[ $got == "$status" && $words == '!'* && $out != *"${words#!}"* ]]; then return; fi
  printf 'FAILED: %s\n  exit status %s, expected %s\n  expected words: %s\n  output: %s\n' "$*" "$got" "$status" "$words" "$out"
  failed=$((failed + 1))
}

mkdir -p "$work/My.App/lib"
cd "$work/My.App" || exit 1
cat >compose.yaml <<'YAML'
include: [ lib/compose.yaml ]
services:
  web:
    image: docker.io/library/caddy:${TAG:-2}
    ports: [ "8080:80" ]
    volumes: [ "./site:/srv", "~/conf:/conf:ro" ]
    environment: [ "PRICE=5$$", "WHO=${WHO}" ]
    cpus: 0.5
  debug: { image: busybox, profiles: [ debug ] }
YAML
echo 'services: { web: { ports: [ "8443:443" ] } }' >compose.override.yaml
echo 'services: { db: { image: "postgres:${PG}" } }' >lib/compose.yaml
echo 'PG=16' >lib/.env
echo 'WHO=file' >.env

expect 0 "Examples:" "$program" config --help
expect 0 "name: myapp" "$program" config
expect 0 "source: $work/My.App/site" "$program" config
expect 0 "$HOME/conf" "$program" config
expect 0 'published: "8443"' "$program" config
expect 0 'image: "postgres:16"' "$program" config
expect 0 'PRICE: "5$$"' "$program" config
expect 0 "WHO: file" env WHO=shell "$program" config
expect 0 "WHO: said" "$program" config --var WHO=said
expect 0 "caddy:3" "$program" config --var TAG=3
expect 0 "!busybox" "$program" config
expect 0 "busybox" "$program" config --profile debug
expect 0 "name: other" "$program" config -p other
expect 0 '!8443' "$program" config -f compose.yaml
expect 0 '8443' "$program" config -f compose.yaml -f compose.override.yaml
expect 0 '"cpus": 0.5' "$program" config --format json
expect 0 '"name": "myapp"' "$program" config --json
echo 'WHO=other' >other.env
expect 0 "WHO: other" "$program" config --env-file other.env
cd "$work" || exit 1
expect 0 'WHO: file' "$program" config -f My.App/compose.yaml
expect 0 '!warning' "$program" config -f My.App/compose.yaml
rm My.App/.env
expect 0 "My.App/compose.yaml:7:33: warning: the variable 'WHO' is not set" "$program" config -f My.App/compose.yaml
echo 'services: { web: { build: ., external_links: [ x ] } }' >built.yaml
expect 0 "built.yaml:1:30: warning: services.web.external_links is refused" "$program" config -f built.yaml
expect 0 "context: " "$program" config -f built.yaml

# What is wrong, and where.
expect 64 "cannot find a Compose file" "$program" config
expect 64 "it is not NAME=VALUE" "$program" config -f My.App/compose.yaml --var 1A=x
expect 64 "neither yaml nor json" "$program" config -f My.App/compose.yaml --format toml
expect 65 "nothing.yaml: there is no such file" "$program" config -f nothing.yaml
echo 'services: { web: { imgae: x } }' >bad.yaml
expect 65 "hwcsync: bad.yaml:1:20: unknown key 'imgae' of a service; did you mean 'image'?" "$program" config -f bad.yaml
echo 'services: { web: { image: "${A" } }' >bad.yaml
expect 65 "hwcsync: bad.yaml:1:27: invalid template" "$program" config -f bad.yaml
echo 'services: { web: { extends: web } }' >bad.yaml
expect 65 "hwcsync: bad.yaml:1:29: services extend each other: web (bad.yaml) -> web (bad.yaml)" "$program" config -f bad.yaml

# A stack of a repository: as it is deployed, without a key.
repo=$work/repo
cp -r "$source/examples/homelab" "$repo"
for example in "$source"/examples/secrets.example/*.env; do
  stack=$(basename "$example" .env)
  { sed 's/=.*/=ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:str]/' <(grep -E '^[A-Za-z0-9_]+=' "$example")
    printf 'sops_lastmodified=2026-11-20T10:00:00Z\nsops_mac=ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:str]\nsops_version=3.9.0\n'
  } >"$repo/stacks/$stack/$stack.env"
done
expect 0 'io.hwcsync.stack: n8n' "$program" config n8n --repo "$repo" --host server
expect 0 '${N8N_ENCRYPTION_KEY}' "$program" config n8n --repo "$repo" --host server
expect 64 "did you mean 'n8n'?" "$program" config n8m --repo "$repo" --host server
expect 64 "are for plain Compose files" "$program" config n8n --repo "$repo" --host server --var A=1
expect 64 "cannot find a config repository" "$program" config n8n --repo "$work/My.App"

echo "$checks checks, $failed failed"
[[ $failed == 0 ]]
