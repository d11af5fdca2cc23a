#!/usr/bin/env bash
# Reads the includes of every source file and fails on one that the layers of docs/ARCHITECTURE.md forbid, and on a
# third-party header outside its adapter. `layering.sh --self-test` proves that it can fail.
set -euo pipefail

# folder: folders it may include, beside itself. Order is bottom to top.
rules() {
  cat <<'TEXT'
src/base:
src/settings: src/base
secrets/arena: src/base
secrets/identity: src/base secrets/arena
secrets/age: src/base secrets/arena secrets/identity
secrets/sops: src/base secrets/arena secrets/identity secrets/age
secrets/manifest: src/base secrets/arena
secrets/vault: src/base secrets/arena secrets/identity secrets/age secrets/sops secrets/manifest
secrets/audit: src/base
secrets/view: src/base secrets/arena secrets/manifest secrets/vault secrets/audit
secrets/service: src/base secrets/arena secrets/identity secrets/age secrets/sops secrets/manifest secrets/vault secrets/view secrets/audit
gitops/source: src/base
gitops/compose: src/base gitops/source
gitops/stack: src/base gitops/source gitops/compose
gitops/layout: src/base gitops/source gitops/compose gitops/stack secrets/
gitops/lint: src/base gitops/source gitops/compose gitops/stack gitops/layout secrets/
gitops/plan: src/base gitops/source gitops/compose gitops/stack gitops/layout gitops/lint secrets/
gitops/nix: src/base gitops/source gitops/compose gitops/stack gitops/layout gitops/lint gitops/plan secrets/
gitops/history: src/base gitops/source gitops/compose gitops/stack gitops/layout gitops/lint gitops/plan gitops/nix secrets/
gitops/apply: src/base gitops/ secrets/
watcher: src/base
src/daemon: src/base src/settings gitops/ secrets/ watcher
src/cli: src/base src/settings src/daemon gitops/ secrets/ watcher
src/secretsd: src/base src/settings secrets/
src/main.cpp: src/cli
TEXT
}

# header pattern: the only places that may include it.
adapters() {
  cat <<'TEXT'
git2.h gitops/source/
fuse src/none secrets/view/
yaml-cpp/ src/base/yaml.cpp
systemd/ src/base/
sodium.h secrets/ src/base/hash.cpp
openssl/ secrets/ src/base/hash.cpp
SQLiteCpp/ gitops/history/
sqlite3.h gitops/history/
CLI/ src/cli/
spdlog/ src/base/log.cpp
httplib.h gitops/apply/ src/daemon/
TEXT
}

starts_with_any() { # TEXT PREFIX...
  local text=$1 prefix
  shift
  for prefix; do [[ $text == "$prefix"* ]] && return 0; done
  return 1
}

mapfile -t rule_lines < <(rules)
mapfile -t adapter_lines < <(adapters)

check() { # ROOT -> prints what is wrong, status 1 if anything
  local root=$1 file line included rule candidate wrong=0
  local -a adapter
  cd "$root"
  while IFS=: read -r file line; do
    [[ $line =~ [\"\<]([^\"\>]+)[\"\>] ]] && included=${BASH_REMATCH[1]}
    rule=
    for candidate in "${rule_lines[@]}"; do
      if [[ $file == "${candidate%%:*}" || $file == "${candidate%%:*}"/* ]]; then rule=$candidate; break; fi
    done
    if [[ -z $rule ]]; then echo "$file: no layer has this folder"; wrong=1; continue; fi
    if starts_with_any "$included" src/ gitops/ secrets/ watcher/; then
      # shellcheck disable=SC2086  # the rule's words are prefixes
      starts_with_any "$included" "${rule%%:*}" ${rule#*:} || { echo "$file includes $included: not below it"; wrong=1; }
      continue
    fi
    for candidate in "${adapter_lines[@]}"; do
      read -r -a adapter <<<"$candidate"
      [[ $included == "${adapter[0]}"* ]] || continue
      starts_with_any "$file" "${adapter[@]:1}" || { echo "$file includes <$included>: only ${adapter[*]:1} may"; wrong=1; }
    done
  done < <(grep -rHE '^#include' --include='*.cpp' --include='*.hpp' src gitops secrets watcher)
  return "$wrong"
}

root=${HWCSYNC_SOURCE_DIR:-$(cd "$(dirname "$0")/.." && pwd)}
if [[ ${1:-} == --self-test ]]; then
  copy=$(mktemp -d)
  trap 'rm -rf "$copy"' EXIT
  mkdir -p "$copy"/{src/base,gitops/plan,secrets/age,watcher}
  echo '#include "gitops/plan/plan.hpp"' >"$copy/secrets/age/bad.cpp"
  echo '#include <git2.h>' >"$copy/gitops/plan/bad.cpp"
  found=$( (check "$copy") || true)
  [[ $(wc -l <<<"$found") == 2 ]] || { echo "the planted faults were not found: $found"; exit 1; }
  exit 0
fi
check "$root"
