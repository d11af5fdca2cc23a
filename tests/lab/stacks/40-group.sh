# shellcheck shell=bash disable=SC2154
for p in $styles; do
  group=${p#-}group
  say "a new holder for $group: its group moves with it, the rest stays"
  before=$(snapshot)
  edit stacks/$group/compose.yaml 's|lab/holder:1|lab/holder:2|'
  deploy "a new holder for $group" committed
  check "the group moved, and only the group" test "$(moved "$before" "$(snapshot)")" = "$group-app $group-db $group-holder"
  for member in $group-db $group-app; do
    check "$member is in the new holder's namespace" test "$(inspect $member '{{.HostConfig.NetworkMode}}')" = "container:$(id_of $group-holder)"
  done
  check "$group-app started after $group-db was healthy" later "$(started_at $group-app)" "$(first_healthy $group-db)"
  check "the application answers through the new holder" curl -fsS -o /dev/null "http://127.0.0.1:$(port_of $group)/"
done
good=$(current_system)
