# shellcheck shell=bash disable=SC2154
say "a module by hand: its import is hwcsync's library, and no more"
check "its unit is active" systemctl is-active --quiet byhand-stack.service
check "its container runs" is_up byhand-app
check "what came before the start was done as root, for the user" test "$(stat -c '%U' /srv/byhand)" = homelab
check "values came through whole" \
  test "$(podman_of homelab exec byhand-app sh -c 'echo "$PRICE $DATA"')" = "50% of 'it' /mnt/docker"
check "nothing of the stack stands in its unit" refuse grep -q /nix/store <(systemctl cat byhand-stack | grep -v ^X-)
by_hand=$(inspect byhand-app '{{.Id}} {{.State.StartedAt}}')
