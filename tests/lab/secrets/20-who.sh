# shellcheck shell=bash disable=SC2154
say "who reads, and who does not"
first=round-1-00-of-photos
# The walls around the runtime directories are not what is tried here: a place that everybody may enter.
mkdir -p /srv/seen/photos /srv/seen/notes
mount --bind $view /srv/seen/photos
mount --bind /run/user/1002/secrets /srv/seen/notes
open=/srv/seen/photos/photos/token
check "the owner reads" reads 1000 "$token" $first
check "a user of the owner's containers reads" reads 100032 $open $first
check "the container, under a user of its own, reads" \
  test "$(podman_of homelab exec photos-web cat /run/secrets/token)" = $first
check "under that user" test "$(podman_of homelab exec photos-web id -u)" = 33
check "another user does not" is_refused 1001 $open
check "the user of another stack does not" is_refused 1002 $open
check "a user of that one's containers does not" is_refused 300032 $open
check "an id below the range does not" is_refused 99999 $open
check "an id above the range does not" is_refused 165536 $open
check "root, whose secret it is not, does not" is_refused 0 $open
check "the neighbour reads its own" reads 1002 /run/user/1002/secrets/notes/key of-notes
check "which the owner of the first does not" is_refused 1000 /srv/seen/notes/notes/key
for uid in 1000 100032; do
  check "that $uid read is on record" audited ".uid == $uid and .path == \$path and .op == \"read\" and .result == \"ok\""
done
for uid in 1001 1002 300032 99999 165536 0; do
  check "that $uid was refused is on record" audited ".uid == $uid and .view == 1000 and .op == \"deny\""
done
check "no value is on record" refuse grep -rq of-photos <(hwcsync secrets audit --json -n 4096; journalctl --no-pager -o cat)
umount /srv/seen/photos /srv/seen/notes
check "the record names the program and the unit of a reader" audited '.uid == 100032 and .exe == "/bin/busybox" and .unit == "podman.service"'
