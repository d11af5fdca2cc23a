#!/usr/bin/env bash
# The whole program on repositories of 10 to 3,000 stacks: `render`, `lint`, and `plan` of two commits between which
# one stack changed. Processor time, best of several runs: what else the machine does counts less in it than in the
# clock's. Prints milliseconds, time for one stack, ratios and the budgets of the design; the machine decides nothing.
#   bench/run.sh [BUILD]     a build directory with benchmarks, by preference of type Release (scripts/bench.sh makes it)
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:-$here/../build/release}
runs=${HWCSYNC_BENCH_RUNS:-7}
counts=(10 100 1000 3000)
program=$build/hwcsync
writer=$build/bench/hwcsync_bench_repository
for file in "$program" "$writer"; do
  [[ -x $file ]] || { echo "no $file: configure with -DHWCSYNC_BENCH=ON and build" >&2; exit 1; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HOME=$work GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=bench GIT_AUTHOR_EMAIL=bench@localhost GIT_COMMITTER_NAME=bench GIT_COMMITTER_EMAIL=bench@localhost
export GIT_AUTHOR_DATE='2026-01-01T00:00:00Z' GIT_COMMITTER_DATE='2026-01-01T00:00:00Z'

make_repository() {
  local directory=$work/$1
  "$writer" "$1" "$directory"
  git -C "$directory" init --quiet --initial-branch=main
  git -C "$directory" add --all
  git -C "$directory" commit --quiet --message=before
  sed -i 's/nginx:1.27/nginx:1.28/' "$directory/stacks/stack1/compose.yaml"
  git -C "$directory" commit --quiet --all --message=after
  git -C "$directory" repack --quiet -a -d
}

# What was asked for must have been done: a refusal is quick.
command_of() {
  case $1 in
    render) "$program" render --repo "$work/$2" --host server ;;
    lint) "$program" lint --repo "$work/$2" ;;
    plan) "$program" plan --repo "$work/$2" --host server --from main~1 --to main ;;
  esac
}

# Microseconds of one run.
measure() {
  local TIMEFORMAT='%3U %3S' spent
  spent=$({ time command_of "$1" "$2" >"$work/output" 2>"$work/errors" || { cat "$work/errors" >&3; exit 1; }; } 3>&2 2>&1) || exit 1
  awk -v t="$spent" 'BEGIN { split(t, p, " "); printf "%d", (p[1] + p[2]) * 1000000 }'
}

declare -A best
for count in "${counts[@]}"; do make_repository "$count"; done
for what in plan lint render; do
  for count in "${counts[@]}"; do
    for ((run = 0; run < runs; run++)); do
      spent=$(measure "$what" "$count")
      if [[ -z ${best[$what-$count]:-} ]] || ((spent < best[$what-$count])); then best[$what-$count]=$spent; fi
    done
    [[ $what != plan ]] || grep -q "1 of $count stacks changes" "$work/output" || { echo "no such plan" >&2; exit 1; }
    [[ $what != render ]] || [[ $(grep -c '^-- .*/stacks/stack[0-9]*/compose.yaml$' "$work/output") -ge $((count / 2)) ]] || { echo "no such files" >&2; exit 1; }
    [[ $what != lint ]] || grep -q "^$count stacks: 0 errors" "$work/output" || { echo "no such findings" >&2; exit 1; }
    awk -v w="$what" -v n="$count" -v t="${best[$what-$count]}" \
      'BEGIN { printf "%-6s %5d stacks: %6.1f ms, %6.3f ms a stack\n", w, n, t / 1000, t / 1000 / n }'
  done
done
ratio() { awk -v w="$1" -v a="${best[$1-$2]}" -v b="${best[$1-$3]}" -v x="$2" -v y="$3" -v s="$4" \
  'BEGIN { printf "%-6s %d : %d = %.2f (%s)\n", w, y, x, b / (a > 0 ? a : 1), s }'; }
ratio plan 100 1000 'budget: at most 2'
ratio lint 1000 3000 'linear: 3'
ratio render 1000 3000 'linear: 3'
awk -v p="${best[plan-1000]}" -v l="${best[lint-1000]}" 'BEGIN {
  printf "plan of 1000 stacks: %.1f ms (budget: 25); lint of 1000 stacks: %.0f ms (budget: 1000)\n", p / 1000, l / 1000 }'
