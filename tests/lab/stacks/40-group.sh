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

# What systemd brings back where a container dies; in style compose that is podman's own business, container by container.
if [[ $styles == *r* ]]; then
  say "the holder of rgroup dies: it comes back, and its group with it"
  before=$(snapshot)
  podman kill rgroup-holder >/dev/null
  check "all three have moved" eventually test_that 'test "$(moved "$before" "$(snapshot)")" = "rgroup-app rgroup-db rgroup-holder"'
  check "all three are up" eventually test_that 'is_up rgroup-holder && is_up rgroup-db && is_up rgroup-app'
  for member in rgroup-db rgroup-app; do
    check "$member is in the new holder's namespace" test "$(inspect $member '{{.HostConfig.NetworkMode}}')" = "container:$(id_of rgroup-holder)"
  done
  check "the application answers again" eventually curl -fsS -o /dev/null "http://127.0.0.1:$(port_of rgroup)/"
fi
good=$(current_system)
