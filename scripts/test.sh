#!/usr/bin/env bash
# Builds and runs every test; the last line is "N passed, N failed, N skipped".
#   --quick   without sanitizers and without the lab machine
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
quick=false
[[ ${1:-} != --quick ]] || quick=true

./scripts/prepare.sh
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

# Adds the counts of ctest's own report, and shows what failed and why something was skipped.
count() { # JUNIT-FILE
  local tests failures skips
  tests=$(grep -c '<testcase ' "$1" || true)
  failures=$(grep -c 'status="fail"' "$1" || true)
  skips=$(grep -c 'status="notrun"\|SKIP_RETURN_CODE' "$1" || true)
  passed=$((passed + tests - failures - skips))
  failed=$((failed + failures))
  skipped=$((skipped + skips))
}

run() { # PRESET CTEST-ARGUMENTS...
  local preset=$1
  shift
  echo "== test $preset $*"
  ctest --test-dir "build/$preset" --output-on-failure --output-junit "$PWD/build/$preset/report.xml" "$@" || true
  count "build/$preset/report.xml"
  # ctest says "skipped"; the reason is the test's own last line.
  sed -n '/SKIP_RETURN_CODE/,/<\/testcase>/s/.*skipped: \(.*\)/  skipped because \1/p' "build/$preset/report.xml"
}

mkdir -p build
if $quick; then
  build dev
  run dev -LE lab -j 2
else
  build release # the binary that people run, and that the budgets speak of
  build asan    # every test runs under the address and undefined-behaviour sanitizers, leaks included
  run asan -LE lab -j 2
  run asan -L lab
fi

echo
echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed == 0 ]]
