#!/bin/sh
# podman-prune
#
# Removes images that no kept system generation needs, of root and of every user whom the running system lists. Every
# generation says what it needs in its own etc/hwcsync/images, "user uid image" a line (a `#` begins a remark), so a
# rollback finds its images. Never a container, a volume or a network, never what a container still uses, ended or not:
# whose it is and what is in it cannot be told.
#
# Exit status: 0 done, or a deployment is going on; 1 something could not be looked at: then nothing of it is removed.
set -u
[ -n "${HWCSYNC_ROOT-}" ] || PATH=/run/wrappers/bin:/run/current-system/sw/bin
root=${HWCSYNC_ROOT-}
list=etc/hwcsync/images
newline='
'
failed=0

say() { printf 'podman-prune: %s\n' "$*" >&2; }

# A run may be pulling what the next generation needs.
if [ -e "$root/run/hwcsync/apply.lock" ] && ! flock -n "$root/run/hwcsync/apply.lock" true; then
  say "a deployment is going on: not now"
  exit 0
fi
[ -r "$root/run/current-system/$list" ] || {
  say "$root/run/current-system/$list is not there: what is needed cannot be told"
  exit 1
}

# Every system that can still be gone back to.
needed=
for system in "$root/run/current-system" "$root/run/booted-system" "$root"/nix/var/nix/profiles/system-*-link \
  "$root"/var/lib/hwcsync/gcroots/*; do
  [ ! -r "$system/$list" ] || needed=$needed$newline$(cat "$system/$list")
done

# podman_ UID ARGUMENTS...: that user's own, by its socket.
podman_() {
  uid_=$1
  shift
  if [ "$uid_" = 0 ]; then podman "$@"; else podman --url "unix://$root/run/user/$uid_/podman/podman.sock" "$@"; fi
}

prune() { # USER UID
  if ! images=$(podman_ "$2" images --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'); then
    say "podman of $1 does not answer: nothing is removed there"
    failed=1
    return
  fi
  kept=$newline
  while read -r user _ image; do
    [ "$user" = "$1" ] || continue
    id=$(podman_ "$2" image inspect --format '{{.Id}}' "$image" 2>/dev/null) && kept=$kept${id#sha256:}$newline
  done <<END
$needed
END
  while read -r id name; do
    [ -n "$id" ] || continue
    case $kept in *"$newline${id#sha256:}$newline"*) continue ;; esac
    case $name in *'<none>'*) name=$id ;; esac
    # By name, and without force: what a container uses stays, and so does what another name still holds.
    podman_ "$2" image rm "$name" >/dev/null 2>&1 && say "removed $name of $1"
  done <<END
$images
END
}

while read -r user uid; do
  [ -n "$user" ] && prune "$user" "$uid"
done <<END
$(sed '/^#/d' "$root/run/current-system/$list" | cut -d' ' -f1,2 | sort -u)
END
exit "$failed"
