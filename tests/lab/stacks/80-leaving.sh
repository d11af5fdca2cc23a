# shellcheck shell=bash disable=SC2154
say "commands before a start run as the stack's user"
check "once for the start and once for the reload" \
  test "$(sort -u /home/homelab/three.log) $(wc -l </home/homelab/three.log)" = "homelab three 50% 2"
check "the file is the user's" test "$(stat -c %U /home/homelab/three.log)" = homelab

say "a stack that leaves: its containers go, its data stays"
before=$(snapshot) units=$(invocations)
edit hwcsync.yaml 's/, leaving//'
deploy "leaving has left" committed
check "its container is gone" eventually refuse podman_of homelab container exists leaving-one
check "so is its network" eventually refuse podman_of homelab network exists leaving_default
check "its volume is not" podman_of homelab volume exists leaving_kept
check "its unit is gone" refuse systemctl cat leaving-stack.service
check "no other container moved" test "$(moved "$before" "$(snapshot)")" = leaving-one
check "no other unit was restarted" test "$(invocations)" = "$(grep -v ^leaving <<<"$units")"
