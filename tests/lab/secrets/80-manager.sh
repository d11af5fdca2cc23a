# shellcheck shell=bash disable=SC2154
say "both services read their settings again, and are the same processes"
read_again() { journalctl -q -u hwcsync.service -o cat | grep -q 'settings read again'; }
pids=$(systemctl show -P MainPID hwcsync.service hwcsync-secrets.service)
check "the daemon is told" systemctl reload hwcsync.service
check "and does it" eventually read_again
check "the secret service is told" systemctl reload hwcsync-secrets.service
check "and serves" eventually systemctl is-active --quiet hwcsync-secrets.service
for unit in hwcsync.service hwcsync-secrets.service; do
  check "$unit lives" systemctl is-active --quiet $unit
done
check "the owner reads" test "$(read_as 1000 "$token")" = round-2-00-of-photos
check "they are the processes that they were" test "$(systemctl show -P MainPID hwcsync.service hwcsync-secrets.service)" = "$pids"

say "the view is there again after the user's manager was stopped and started"
before=$(inode_of "$token")
systemctl stop photos-stack.service
systemctl stop user@1000.service
gone() { test ! -e /run/user/1000; }
eventually gone || systemctl stop user-runtime-dir@1000.service
check "the runtime directory is gone" gone
systemctl start user@1000.service
check "nothing is there before somebody wants it" test ! -e "$token"
# What a stack's unit wants and waits for.
systemctl start hwcsync-view@1000.service
check "the owner reads" reads 1000 "$token" round-2-00-of-photos
check "from the same inode" test "$(inode_of "$token")" = "$before"
check "which is on record" audited '.uid == 1000 and .path == $path and .op == "read"'
systemctl start photos-stack.service
check "the stack runs again" running homelab photos-web
check "its container reads" test "$(podman_of homelab exec photos-web cat /run/secrets/token)" = round-2-00-of-photos
