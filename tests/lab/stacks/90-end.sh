# shellcheck shell=bash disable=SC2154
say "where things stand"
check "the stack by hand has not moved in all this" test "$(inspect byhand-app '{{.Id}} {{.State.StartedAt}}')" = "$by_hand"
shown hwcsync history
