# shellcheck shell=bash disable=SC2154
say "pruning: what a generation can be gone back to with stays, the rest goes"
echo "localhost/lab/unused:1 worker" | as_homelab /opt/lab/machine/guest/images
before=$(snapshot)
check "there is an image that no generation ever listed" podman_of homelab image exists localhost/lab/unused:1
check "and one that only an older generation needs" podman_of homelab image exists localhost/lab/holder:1
check "pruning is due" systemctl is-active --quiet podman-rootless-prune.timer
check "pruning succeeds" systemctl start podman-rootless-prune.service
check "the first, the owner's own, stays" podman_of homelab image exists localhost/lab/unused:1
check "the second stays" podman_of homelab image exists localhost/lab/holder:1
check "what runs stays" podman_of homelab image exists localhost/lab/holder:2
check "volumes stay" podman_of homelab volume exists leaving_kept
check "no container moved" test "$(snapshot)" = "$before"
# As if a generation that is no more had listed it.
unused=$(podman_of homelab image inspect --format '{{.Id}}' localhost/lab/unused:1)
printf '%s <none>\n%s localhost/lab/unused:1\n' "${unused#sha256:}" "${unused#sha256:}" >>/var/lib/hwcsync/images/homelab
check "pruning succeeds again" systemctl start podman-rootless-prune.service
check "what only a lost generation listed goes" refuse podman_of homelab image exists localhost/lab/unused:1
check "the others stay" podman_of homelab image exists localhost/lab/holder:1
