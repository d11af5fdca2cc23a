#!/usr/bin/env bash
# Builds the release program and measures it against the budgets: stacks, secrets (root only), daemon. A machine's
# speed is no defect, so nothing here passes or fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
./scripts/prepare.sh
cmake --preset release >/dev/null
cmake --build build/release | tail -n 1
for part in run secrets daemon; do
  echo "== bench/$part.sh"
  "bench/$part.sh" build/release
done
