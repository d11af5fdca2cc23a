# shellcheck shell=bash disable=SC2154
say "one environment value: one container of three"
before=$(snapshot) units=$(invocations)
edit stacks/three/compose.yaml 's/COLOUR: green/COLOUR: amber/'
deploy "amber" committed
after=$(snapshot)
check "exactly one container moved" test "$(moved "$before" "$after")" = three-b
check "and has the new value" test "$(podman_of homelab exec three-b sh -c 'echo $COLOUR')" = amber
check "no unit was restarted" test "$(invocations)" = "$units"

say "a host setting: a switch that moves no container"
edit hosts/server/configuration.nix 's/"one"/"two"/'
deploy "a note" committed
check "the switch took place" test "$(cat /etc/lab-note)" = two
check "no container moved" test "$(snapshot)" = "$after"
check "no unit was restarted" test "$(invocations)" = "$units"
good=$(current_system)
