# shellcheck shell=bash
# What the chapters share, on top of the helpers of the demo and of the stacks.
plain=/root/plain
recipient() { cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub; }
# values ROUND: what the fifty secrets of the stack hold in this round; `token` is the first.
values() {
  local i
  for ((i = 0; i < 50; i++)); do printf 'k%02d: round-%s-%02d-of-photos\n' "$i" "$1" "$i"; done
}
# encrypt_round ROUND: the stack's file.
encrypt_round() {
  values "$1" >$plain/photos.yaml
  hwcsync_ secrets encrypt -r "$(recipient)" --format yaml -o "$work/stacks/photos/photos.yaml" $plain/photos.yaml
  chown eric:eric "$work/stacks/photos/photos.yaml"
}
hwcsync_() { /opt/hwcsync/bin/hwcsync "$@"; }
token=$view/photos/token
inode_of() { setpriv --reuid 1000 --regid 1000 --clear-groups -- stat -c '%d %i' "$1"; }
secrets_pid() { systemctl show -P MainPID hwcsync-secrets.service; }
# audited FILTER: whether a record of the ring fits; the filter is jq's.
audited() { hwcsync secrets audit --json -n 4096 | jq -e --arg path photos/token "[.records[] | select($1)] | length > 0" >/dev/null; }
# What is started from here is in no control group of the machine, so the user's own podman service does it.
podman_by_socket() { as_homelab podman --remote --url unix:///run/user/1000/podman/podman.sock "$@"; }
by_hand() { entered podman_by_socket exec --user 33 by-hand "$@"; }
# as TOKEN-READER UID GID
reads() { test "$(read_as "$1" "$2")" = "$3"; }
is_refused() { # UID FILE: for want of permission, and for nothing else
  local said
  said=$(LC_ALL=C setpriv --reuid "$1" --regid "$1" --clear-groups -- cat "$2" 2>&1) && return 1
  [[ $said == *"Permission denied"* ]]
}
