#!/usr/bin/env bash
# The daemon against the budgets of DESIGN 11: a push until its plan is ready, a sync with nothing new, memory and
# wake-ups when idle. The host's name in the repository is not this machine's, so that plans are made and refused.
#   bench/daemon.sh [BUILD [STACKS]]     a build directory configured with -DHWCSYNC_BENCH=ON
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${1:-$here/../build/release}
stacks=${2:-1000}
pushes=15
hwcsync=$build/hwcsync
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
export GIT_AUTHOR_NAME=b GIT_AUTHOR_EMAIL=b@b GIT_COMMITTER_NAME=b GIT_COMMITTER_EMAIL=b@b
work=$(mktemp -d)
daemon= holder=
finish() {
  kill $daemon $holder 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

"$build/bench/hwcsync_bench_repository" "$stacks" "$work/tree"
sed -i 's/  server:/  server:\n    hostname: another-machine/' "$work/tree/hwcsync.yaml"
git -C "$work/tree" init -q -b main
git -C "$work/tree" add -A
git -C "$work/tree" commit -qm start
git clone -q --bare "$work/tree" "$work/source.git"
git -C "$work/tree" remote add origin "$work/source.git"
# What is deployed: the first commit, as a run would have left it.
mkdir -p "$work/state" "$work/run"
git clone -q --bare "$work/tree" "$work/state/mirror.git"
first=$(git -C "$work/tree" rev-parse main)
generated=$(git -C "$work/state/mirror.git" commit-tree "$first^{tree}" -p "$first" -m generated)
git -C "$work/state/mirror.git" update-ref refs/hwcsync/deployed/server "$generated"
git -C "$work/state/mirror.git" update-ref refs/hwcsync/generated/server "$generated"
cat >"$work/config.yaml" <<YAML
version: 1
host: server
repository: { url: $work/source.git, branch: main }
poll-interval: 1h
runtime-dir: $work/run
state-dir: $work/state
YAML
"$hwcsync" daemon --config "$work/config.yaml" >"$work/log" 2>&1 &
daemon=$!

status() { "$hwcsync" status --config "$work/config.yaml" --json; }
wait_until() { # PATTERN in the status
  for ((try = 0; try < 400; try++)); do
    status 2>/dev/null | tr -d ' \n' | grep -q "$1" && return
    sleep 0.05
  done
  echo "the daemon did not get there: $1" >&2
  status >&2
  tail "$work/log" >&2
  exit 1
}
wait_until '"head":"'"$first"'"'

ready=()
for ((push = 0; push < pushes; push++)); do
  echo "# push $push" >>"$work/tree/stacks/stack7/stack.yaml"
  sed -i "s|nginx:1.*|nginx:1.$((push + 30))|" "$work/tree/stacks/stack7/compose.yaml"
  git -C "$work/tree" commit -qam "push $push"
  git -C "$work/tree" push -q origin main
  wait_until '"head":"'"$(git -C "$work/tree" rev-parse main)"'"'
  ready+=("$(status | tr -d ' \n' | sed -n 's/.*"last_plan_ms":\([0-9]*\).*/\1/p')")
done
sorted=($(printf '%s\n' "${ready[@]}" | sort -n))
echo "$stacks stacks, git push to plan ready: median ${sorted[pushes / 2]} ms, worst ${sorted[-1]} ms (budget 50 ms)"

resident() { sed -n "s/^$1:[[:space:]]*\([0-9]*\) kB/\1/p" "/proc/${2:-$daemon}/status"; }
before=$(resident RssAnon)
spent() { awk '{ print ($14 + $15) * 10 }' "/proc/$daemon/stat"; }
start=$(spent)
for ((sync = 0; sync < 50; sync++)); do
  "$hwcsync" sync --no-wait --config "$work/config.yaml" >/dev/null 2>&1 || true
done
wait_until '"checks":'
sleep 1
echo "50 syncs with nothing new: $((($(spent) - start) / 50)) ms of processor time each (budget 10 ms), $(($(resident RssAnon) - before)) kB grown"
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' /proc/"$daemon"/task/*/status; }
start=$(switches)
sleep 10
echo "idle daemon: $(resident VmRSS) kB resident, $(resident RssAnon) kB of its own (budget 20 MB); $(($(switches) - start)) wake-ups in 10 s"

"$hwcsync" secretsd --config "$work/config.yaml" >>"$work/log" 2>&1 &
holder=$!
for ((try = 0; try < 200; try++)); do
  service=$(pgrep -P "$holder" || true)
  [[ -S $work/run/secrets ]] && break
  sleep 0.05
done
sleep 1
echo "idle secret service: $(resident VmRSS "$service") kB resident, $(resident RssAnon "$service") kB of its own (budget 12 MB); without systemd its holder: $(resident VmRSS "$holder") kB"
