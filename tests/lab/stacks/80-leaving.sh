# shellcheck shell=bash disable=SC2154
say "commands before a start run as the stack's user"
check "once for the start and once for the reload" \
  test "$(sort -u /home/homelab/three.log) $(wc -l </home/homelab/three.log)" = "homelab three 50% 2"
check "the file is the user's" test "$(stat -c %U /home/homelab/three.log)" = homelab

for p in $styles; do
  leaving=${p#-}leaving
  owner=$(owner_of $leaving)
  unit=leaving-stack.service
  if [[ $owner == root ]]; then unit=podman-$leaving-one.service; fi
  say "a stack that leaves, $leaving: its containers go, its data stays"
  check "it was there" is_up $leaving-one
  before=$(snapshot) units=$(invocations)
  edit hwcsync.yaml "s/, $leaving\\b//"
  deploy "$leaving has left" committed
  check "its container is gone" eventually refuse podman_of $owner container exists $leaving-one
  check "so is its network" eventually refuse podman_of $owner network exists ${leaving}_default
  check "its volume is not" podman_of $owner volume exists ${leaving}_kept
  check "its unit is gone" refuse systemctl cat $unit
  check "no other container moved" test "$(moved "$before" "$(snapshot)")" = $leaving-one
  check "no other unit was restarted" test "$(invocations)" = "$(grep -vE "(^|-)$leaving[-_]" <<<"$units")"
done
