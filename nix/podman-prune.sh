#!/bin/sh
# podman-prune
#
# Removes images that no kept system generation needs, of root and of every user whom the running system lists. Every
# generation says what it needs in its own etc/hwcsync/images, "user uid image" a line (a `#` begins a remark), so a
# rollback finds its images. What a generation needed once is remembered below /var/lib/hwcsync/images, "id name" a line
# in a file a user: nothing else is removed, so that one's own images stay, also under another name of one of ours. Never
# a container, a volume or a network, never what a container still uses, ended or not: whose it is and what is in it
# cannot be told.
#
# Exit status: 0 done, or a deployment is going on; 1 something could not be looked at: then nothing of it is removed.
set -u
[ -n "${HWCSYNC_ROOT-}" ] || PATH=/run/wrappers/bin:/run/current-system/sw/bin
root=${HWCSYNC_ROOT-}
list=etc/hwcsync/images
memory=$root/var/lib/hwcsync/images
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

# holds LINES LINE
holds() { case $newline$1 in *"$newline$2$newline"*) true ;; *) false ;; esac; }

# is_name NAME IMAGE: podman's whole name is what a generation calls IMAGE, maybe without registry and tag.
is_name() {
  case ${2##*/} in *:* | *@*) image_=$2 ;; *) image_=$2:latest ;; esac
  case $1 in "$image_" | */"$image_") true ;; *) false ;; esac
}

# remember USER LINES
remember() {
  mkdir -p "$memory" && printf '%s' "$2" >"$memory/$1.new" && mv "$memory/$1.new" "$memory/$1"
}

prune() { # USER UID
  if ! images=$(podman_ "$2" images --no-trunc --format '{{.ID}} {{.Repository}}:{{.Tag}}'); then
    say "podman of $1 does not answer: nothing is removed there"
    failed=1
    return
  fi
  kept= # ids
  ours= # "id name"; "id <none>" for one that lost its name
  [ ! -r "$memory/$1" ] || ours=$(cat "$memory/$1")$newline
  while read -r user _ image; do
    [ "$user" = "$1" ] || continue
    id=$(podman_ "$2" image inspect --format '{{.Id}}' "$image" 2>/dev/null) || continue
    id=${id#sha256:}
    kept=$kept$id$newline
    ours="$ours$id <none>$newline"
    while read -r other name; do
      [ "${other#sha256:}" != "$id" ] || ! is_name "$name" "$image" || ours="$ours$id $name$newline"
    done <<END
$images
END
  done <<END
$needed
END
  # Of what is there: what to remember, and of that what to remove.
  remembered=
  unneeded=
  while read -r id name; do
    id=${id#sha256:}
    [ -n "$id" ] || continue
    case $name in *'<none>'*) name='<none>' ;; esac
    # The id alone is remembered too: a name may go to the next image.
    ! holds "$ours" "$id <none>" || remembered="$remembered$id <none>$newline"
    case $name in
      localhost/hwcsync/*) ;; # built by a stack
      *) holds "$ours" "$id $name" || continue ;;
    esac
    remembered="$remembered$id $name$newline"
    holds "$kept" "$id" || unneeded="$unneeded$id $name$newline"
  done <<END
$images
END
  # First, so that an image which cannot be removed today is known tomorrow.
  if ! remember "$1" "$(printf '%s' "$remembered" | sort -u)$newline"; then
    say "cannot write $memory/$1: nothing is removed there"
    failed=1
    return
  fi
  while read -r id name; do
    [ -n "$id" ] || continue
    [ "$name" != '<none>' ] || name=$id
    # By name, and without force: what a container uses stays, and so does what another name still holds.
    podman_ "$2" image rm "$name" >/dev/null 2>&1 && say "removed $name of $1"
  done <<END
$unneeded
END
}

while read -r user uid; do
  [ -n "$user" ] && prune "$user" "$uid"
done <<END
$(sed '/^#/d' "$root/run/current-system/$list" | cut -d' ' -f1,2 | sort -u)
END
exit "$failed"
