# shellcheck shell=bash disable=SC2154
say "where the host asks for no FUSE: files on a ramfs"
neighbours=/run/user/1002/secrets/notes/key
kind_of() { setpriv --reuid 1002 --regid 1002 --clear-groups -- stat -f -c %T "$1"; }
check "before it is FUSE" test "$(kind_of $neighbours)" = fuseblk -o "$(kind_of $neighbours)" = fuse
systemctl stop notes-stack.service
jq '.backend = "ramfs"' /etc/hwcsync/config.yaml >/root/config.yaml
cp --remove-destination /root/config.yaml /etc/hwcsync/config.yaml
systemctl restart hwcsync-secrets.service
systemctl restart hwcsync-view@1000.service hwcsync-view@1002.service
check "the files are on a ramfs" test "$(kind_of $neighbours)" = ramfs
check "the owner reads" reads 1002 $neighbours of-notes
check "another user does not" is_refused 1001 $neighbours
check "nobody may write, not even its owner" refuse setpriv --reuid 1002 --regid 1002 --clear-groups -- sh -c "echo x >$neighbours"
check "names, owners and modes are those of the view" test \
  "$(setpriv --reuid 1002 --regid 1002 --clear-groups -- stat -L -c '%u %g %a' $neighbours)" = "1002 $(id -g neighbour) 400"
check "what is lost is said" test "$(hwcsync secrets ls --json | jq ".lacks | length")" -gt 0
systemctl kill -s KILL hwcsync-secrets.service
check "it is there while nobody serves" reads 1002 $neighbours of-notes
eventually systemctl is-active --quiet hwcsync-secrets.service || fail "no successor"
check "the successor shows the same" reads 1002 $neighbours of-notes
systemctl start notes-stack.service
check "a stack starts" running neighbour notes-web
check "and reads its own" test "$(podman_of neighbour exec notes-web cat /run/secrets/key)" = of-notes
