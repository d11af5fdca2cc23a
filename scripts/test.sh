#!/usr/bin/env bash
# Builds and runs every test; the last line is "N passed, N failed, N skipped".
#   --quick   without sanitizers and without the lab machine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=false
[[ ${1:-} != --quick ]] || quick=true

./scripts/prepare.sh
$quick || ./scripts/oracles.sh
PATH=${XDG_CACHE_HOME:-$HOME/.cache}/hwcsync/oracles:$PATH
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export HWCSYNC_CORPUS=${HWCSYNC_CORPUS:-$PWD/../shared/corpus}
passed=0 failed=0 skipped=0

build() { # PRESET
  echo "== build $1"
  cmake --preset "$1" >"build-$1.log" 2>&1 && cmake --build "build/$1" >>"build-$1.log" 2>&1 || {
    tail -n 40 "build-$1.log"
    exit 1
  }
  mv "build-$1.log" "build/$1/build.log"
}

# Adds the counts of ctest's own report. A test counts as skipped only when it said so itself (exit status 77); one that
# could not be started has failed.
count() { # JUNIT-FILE
  local tests ok skips
  tests=$(grep -c '<testcase ' "$1" || true)
  ok=$(grep -c 'status="run"' "$1" || true)
  skips=$(grep -c '<skipped message="SKIP_RETURN_CODE' "$1" || true)
  passed=$((passed + ok))
  skipped=$((skipped + skips))
  failed=$((failed + tests - ok - skips))
}

run() { # PRESET CTEST-ARGUMENTS...
  local preset=$1 report=$PWD/build/$1/report.xml status=0
  shift
  echo "== test $preset $*"
  rm -f "$report"
  ctest --test-dir "build/$preset" --output-on-failure --output-junit "$report" "$@" || status=$?
  if [[ ! -s $report ]]; then
    echo "ctest left no report (status $status)"
    failed=$((failed + 1))
    return
  fi
  local before=$failed
  count "$report"
  # Whatever else made ctest unhappy counts too.
  if [[ $status != 0 && $failed == "$before" ]]; then failed=$((failed + 1)); fi
  # Skipped tests say why in their own words.
  grep -ho 'skipped: [^<]*' "$report" | sort -u | sed 's/^/  /' || true
}

mkdir -p build
if $quick; then
  build dev
  run dev -LE lab -j 2
else
  build release # the binary that people run, and that the budgets speak of
  build asan    # every test runs under the address and undefined-behaviour sanitizers, leaks included
  # Sanitizers keep copies of their own in memory: the canaries are searched in the program that people run.
  HWCSYNC_RELEASE_PROGRAM=$PWD/build/release/hwcsync run asan -LE lab -j 2
  run asan -L lab
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
