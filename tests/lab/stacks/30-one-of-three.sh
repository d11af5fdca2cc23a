# shellcheck shell=bash disable=SC2154
for p in $styles; do
  three=${p#-}three
  say "one environment value of $three: one container of three"
  before=$(snapshot) units=$(invocations)
  edit stacks/$three/compose.yaml 's/COLOUR: green/COLOUR: amber/'
  deploy "amber in $three" committed
  after=$(snapshot)
  check "exactly one container moved" test "$(moved "$before" "$after")" = $three-b
  check "and has the new value" test "$(podman_of "$(owner_of $three-b)" exec $three-b sh -c 'echo $COLOUR')" = amber
  # In style oci a container is a unit; in style compose the unit reloads.
  restarted=
  if [[ $three == r* ]]; then restarted=podman-$three-b.service; fi
  check "no other unit was restarted" test "$(changed_units "$units")" = "$restarted"
done

say "a host setting: a switch that moves no container"
units=$(invocations)
edit hosts/server/configuration.nix 's/"one"/"two"/'
deploy "a note" committed
check "the switch took place" test "$(cat /etc/lab-note)" = two
check "no container moved" test "$(snapshot)" = "$after"
check "no unit was restarted" test "$(invocations)" = "$units"
good=$(current_system)
