#!/usr/bin/env bash
# The whole program, `hwcsync render`, on 100 and on 1,000 stacks: best of several runs, time for one stack, ratio.
#   bench/run.sh [BUILD]     a build directory configured with -DHWCSYNC_BENCH=ON, by preference of type Release
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:-$here/../build/release}
runs=${HWCSYNC_BENCH_RUNS:-5}
program=$build/hwcsync
writer=$build/bench/hwcsync_bench_repository
for file in "$program" "$writer"; do
  [[ -x $file ]] || { echo "no $file: configure with -DHWCSYNC_BENCH=ON and build" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Processor time of one run in milliseconds: what else the machine does counts less in it than in the clock's.
measure() {
  local TIMEFORMAT='%U %S' times
  times=$({ time "$program" render --repo "$work/$1" --host server --out "$work/out-$1-$2" >/dev/null 2>"$work/errors" ||
    { cat "$work/errors" >&3; exit 1; }; } 3>&2 2>&1) || exit 1
  awk -v t="$times" 'BEGIN { split(t, p, " "); printf "%d", (p[1] + p[2]) * 1000 }'
}

declare -A best
for count in 100 1000; do
  "$writer" "$count" "$work/$count"
  for ((run = 0; run < runs; run++)); do
    spent=$(measure "$count" "$run")
    if [[ -z ${best[$count]:-} ]] || ((spent < best[$count])); then best[$count]=$spent; fi
  done
  diff -r "$work/out-$count-0" "$work/out-$count-$((runs - 1))" >/dev/null || { echo "two runs differ" >&2; exit 1; }
  awk -v n="$count" -v t="${best[$count]}" \
    'BEGIN { printf "%5d stacks: %6d ms of processor time, %.2f ms a stack\n", n, t, t / n }'
done
awk -v a="${best[100]}" -v b="${best[1000]}" \
  'BEGIN { printf "ratio 1000 : 100 = %.1f (linear: 10)\n", b / (a > 0 ? a : 1) }'
