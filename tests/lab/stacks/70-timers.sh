# shellcheck shell=bash disable=SC2154
say "timers of health checks: those of containers that are gone go too"
orphan=$(printf 'ab%.0s' {1..32})-0123456789abcdef
as_homelab systemd-run --user --quiet --unit="$orphan" --on-active=1h true
timer_of() { as_homelab systemctl --user list-units --all --plain --no-legend --type=timer | awk '{ print $1 }' | grep "^$1" || true; }
check "an orphan is there" test -n "$(timer_of "${orphan%-*}")"
check "and the timer of the database" test -n "$(timer_of "$(id_of group-db)")"
systemctl reload group-stack.service
check "the orphan is gone" test -z "$(timer_of "${orphan%-*}")"
check "the other is not" test -n "$(timer_of "$(id_of group-db)")"
