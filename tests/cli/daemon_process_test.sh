#!/usr/bin/env bash
# The daemon as a process: it starts once, reads its settings again when told to, and ends in order.
#   daemon_process_test.sh PROGRAM
set -uo pipefail
program=$1
work=$(mktemp -d)
daemon=
stop() {
  [[ -z $daemon ]] || kill -KILL "$daemon" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$work"
}
trap stop EXIT
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 HOME=$work HWCSYNC_CONFIG=$work/config.yaml
failed=0
checks=0
check() { # WORDS COMMAND...
  local words=$1
  shift
  checks=$((checks + 1))
  if ! "$@"; then
    echo "FAILED: $words"
    cat "$work/log"
    failed=$((failed + 1))
  fi
}
eventually() {
  local i
  for ((i = 0; i < 150; i++)); do
    "$@" && return
    sleep 0.1
  done
  return 1
}
settings() { printf 'version: 1\nhost: server\nrepository: { url: %s/source.git, branch: main }\npoll-interval: 1h\nruntime-dir: %s/run\nstate-dir: %s/state\n%s\n' "$work" "$work" "$work" "$1" >"$HWCSYNC_CONFIG"; }
alive() { kill -0 "$daemon" 2>/dev/null; }
answers() { "$program" status --json >"$work/status" 2>/dev/null; }
said() { [[ $(grep -c "$2" "$work/log") == "$1" ]]; }

git init -q --bare -b main "$work/source.git" || exit 1
settings ''
"$program" daemon >"$work/log" 2>&1 &
daemon=$!
check "it answers" eventually answers
check "the process is the daemon's own program" test "$(basename "$(readlink "/proc/$daemon/exe")")" = hwcsync-daemon
"$program" daemon >"$work/second" 2>&1
status=$?
check "a second one is refused" test $status = 75 -a -n "$(grep 'another one runs' "$work/second")"

# More often than once: a signal goes to any thread that does not block it.
for ((round = 1; round <= 10; round++)); do
  kill -HUP "$daemon"
  check "the settings are read again, time $round" eventually said $round 'settings read again'
done
settings 'no-such-key: 1'
kill -HUP "$daemon"
check "settings that are wrong are not taken" eventually said 1 'settings kept'
check "it lives on" alive
settings ''
check "and answers" answers
kill -TERM "$daemon"
wait "$daemon"
status=$?
check "it ends in order" test $status = 0
check "and says so" said 1 'daemon stopped'
daemon=
settings 'no-such-key: 1'
"$program" daemon >"$work/third" 2>&1
status=$?
check "it does not start with wrong ones" test $status = 78 -a -n "$(grep 'no-such-key' "$work/third")"
printf 'version: 1\nno-such-key: 1\nhost: server\nnor-this: 2\n' >"$HWCSYNC_CONFIG"
beside=$(dirname "$program")/hwcsync
for name in daemon secretsd; do
  "$beside-$name" "$HWCSYNC_CONFIG" >"$work/log" 2>&1
  status=$?
  problems=$(grep -c "^hwcsync-$name: $HWCSYNC_CONFIG:[0-9]*:" "$work/log")
  check "every problem stands behind the name of hwcsync-$name" test $status = 78 -a "$problems" -gt 1 -a "$problems" = "$(wc -l <"$work/log")"
  usage="usage: hwcsync-$name [SETTINGS-FILE]"
  "$beside-$name" --help >"$work/out" 2>"$work/log"
  status=$?
  check "hwcsync-$name has a help" test $status = 0 -a "$(cat "$work/out")" = "$usage" -a ! -s "$work/log"
  for words in --halp '' "$HWCSYNC_CONFIG $HWCSYNC_CONFIG"; do
    # Words of a list, except for the empty one.
    IFS=' ' read -ra list <<<"$words"
    "$beside-$name" "${list[@]:-}" >"$work/out" 2>"$work/log"
    status=$?
    check "hwcsync-$name refuses '$words'" test $status = 64 -a ! -s "$work/out" -a "$(tail -n 1 "$work/log")" = "$usage"
  done
done

# The service gets the path as it stands from anywhere: a worker of its starts in /.
mkdir "$work/alone"
ln "$program" "$work/alone/hwcsync" 2>/dev/null || cp "$program" "$work/alone/hwcsync" || exit 1
printf '#!/bin/sh\nprintf "%%s\\n" "$1"\n' | tee "$work/alone/hwcsync-daemon" >"$work/alone/hwcsync-secretsd"
chmod +x "$work/alone/"*
settings ''
cd "$work" || exit 1
for name in daemon secretsd; do
  HWCSYNC_CONFIG=config.yaml "$work/alone/hwcsync" $name >"$work/log" 2>&1
  check "hwcsync $name hands on an absolute path" test "$(cat "$work/log")" = "$work/config.yaml"
done
rm "$work/alone/hwcsync-daemon"
"$work/alone/hwcsync" daemon >"$work/log" 2>&1
status=$?
check "a program that is missing is named, and where it belongs" test $status = 1 -a -n "$(grep 'is installed beside hwcsync' "$work/log")"
echo "$checks checks, $failed failed"
[[ $failed == 0 ]]
