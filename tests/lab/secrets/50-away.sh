# shellcheck shell=bash disable=SC2154
say "the next boot has neither repository nor mirror to ask"
podman_by_socket rm -f -t 0 by-hand >/dev/null
inode_of "$token" | cut -d' ' -f2 >/root/inode
mv /srv/git /srv/away
mv /var/lib/hwcsync/mirror.git /root/mirror.git
check "the daemon has nothing to go by" test ! -e /var/lib/hwcsync/mirror.git
