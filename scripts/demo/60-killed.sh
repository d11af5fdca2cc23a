# shellcheck shell=bash disable=SC2154
say "SIGKILL to the daemon and to the worker in the middle of a switch"

as_eric sed -i 's|N8N_PORT: "5678"|N8N_PORT: "5678"\n      N8N_LOG_LEVEL: warn|' "$work/stacks/n8n/compose.yaml"
as_eric sed -i 's|^      DB_HOSTNAME: database|      DB_HOSTNAME: database\n      IMMICH_LOG_LEVEL: warn|' "$work/stacks/immich/compose.yaml"
killed=$(commit "more logs")
git_ push -q origin main
for ((i = 0; i < 1200; i++)); do
  run=$(run_of "$killed" | jq .id)
  if [[ -n $run ]] && grep -q '"state":"switching"' "/var/lib/hwcsync/runs/$run/journal.jsonl" 2>/dev/null; then break; fi
  sleep 0.05
done
systemctl kill --signal=KILL hwcsync.service "hwcsync-run-$run.service" || true
at=$(tail -n 1 "/var/lib/hwcsync/runs/$run/journal.jsonl" | jq -r .state)
note "killed in state $at"
check "it was killed after the switch began and before the end" test "$(grep -c '"state":"\(committed\|rolled-back\|failed\)"' "/var/lib/hwcsync/runs/$run/journal.jsonl")" = 0
systemctl reset-failed hwcsync.service 2>/dev/null || true
systemctl start hwcsync.service
state=$(wait_for "$killed")
note "after the new start: $state"
ends=0
for word in $terminal; do ends=$((ends + $(grep -c "\"state\":\"$word\"" "/var/lib/hwcsync/runs/$run/journal.jsonl" || true))); done
check "one terminal record" test "$ends" = 1
now=$(current_system)
case $state in
  committed) check "the new system is live" test "$(deployed_revision)" = "$killed" ;;
  rolled-back) check "the old system is live" test "$(deployed_revision)" = "$reverted" ;;
  *) fail "the run ended '$state'" ;;
esac
check "profile and system agree" test "$(profile)" = "$now"
if [[ $state == committed ]]; then
  check "n8n got the new environment" test "$(podman_of root exec n8n sh -c 'echo $N8N_LOG_LEVEL')" = warn
fi
