# shellcheck shell=bash disable=SC2154
for p in $styles; do
  group=${p#-}group
  say "a dependency in $group that never becomes healthy: an end within the limit, and back"
  before=$(snapshot)
  edit stacks/$group/compose.yaml 's|test: .*|test: ["CMD", "false"]|; s|retries: 20|start_period: 30m|'
  begin=$EPOCHSECONDS
  deploy "$group never healthy" rolled-back
  took=$((EPOCHSECONDS - begin))
  note "rolled back $took s after the push (limit of the stack: 30 s)"
  check "that was no hang" test $took -lt 240
  check "the old system is live" test "$(current_system)" = "$good"
  check "no unit of a stack failed" test -z "$(systemctl list-units --failed --plain --no-legend '*-stack.service' 'podman-*')"
  for unit in $(units_of $group); do
    check "$unit is active" systemctl is-active --quiet $unit
  done
  for container in $group-holder $group-db $group-app; do
    check "$container runs" is_up $container
  done
  check "the database is healthy again" test "$(health_of $group-db)" = healthy
  check "the application answers" curl -fsS -o /dev/null "http://127.0.0.1:$(port_of $group)/"
  check "the other stacks did not notice" test -z "$(moved "$(grep -v " $group-" <<<"$before")" "$(snapshot | grep -v " $group-")")"
  git_ revert --no-edit HEAD >/dev/null
  git_ push -q origin main
  reverted=$(wait_for "$(git_ rev-parse HEAD)")
  check "the revert is accepted" test "$reverted" = committed -o "$reverted" = unchanged
done
