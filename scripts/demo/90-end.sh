# shellcheck shell=bash disable=SC2154
say "where things stand"
shown hwcsync status
shown hwcsync history
check "status is good" test "$(json status | jq -r .version)" = 1
