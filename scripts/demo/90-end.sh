# shellcheck shell=bash disable=SC2154
say "where things stand"
shown hwcsync status
shown hwcsync history
check "status is good" test "$(json status | jq -r .version)" = 1
check "a user who is not root sees the same history" \
  test "$(as_eric hwcsync history --json | jq -c '[.runs[] | [.id, .state]]')" = "$(json history | jq -c '[.runs[] | [.id, .state]]')"
check "but may not act" refuse as_eric hwcsync suspend mischief
