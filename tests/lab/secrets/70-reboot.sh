# shellcheck shell=bash disable=SC2154
say "after a reboot without network and repository the view is there before any stack starts"
moment_of() { systemctl show -P "$2" "$1"; }
check "the outside cannot be reached" refuse timeout 2 bash -c 'echo >/dev/tcp/10.213.0.1/443'
started_once() { [[ $(moment_of photos-stack.service ExecMainStartTimestampMonotonic) -gt 0 && $(moment_of notes-stack.service ExecMainStartTimestampMonotonic) -gt 0 ]]; }
eventually started_once || fail "the stacks were not even started"
check "the owner reads" reads 1000 "$token" round-2-00-of-photos
running_both() { running homelab photos-web && running neighbour notes-web; }
eventually running_both || fail "the stacks are not up again"
check "the container reads" test "$(podman_of homelab exec photos-web cat /run/secrets/token)" = round-2-00-of-photos
check "from the same inode number" test "$(inode_of "$token" | cut -d' ' -f2)" = "$(cat /root/inode)"
for stack in photos:1000 notes:1002; do
  check "the view of ${stack#*:} was there before ${stack%:*} started" test \
    "$(moment_of "hwcsync-view@${stack#*:}.service" ActiveEnterTimestampMonotonic)" -lt "$(moment_of "${stack%:*}-stack.service" ExecMainStartTimestampMonotonic)"
done
check "that it was read is on record" audited '.uid == 1000 and .path == $path and .op == "read"'
check "what is served is what the system names" test "$(hwcsync secrets ls --json | jq -r .generation)" = "$(cat /etc/hwcsync/secrets-generation)"
