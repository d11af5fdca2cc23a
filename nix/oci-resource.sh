#!/bin/sh
# Networks and volumes of stacks of style oci, for their oneshot units.
#   oci-resource network|volume ensure NAME HASH [option of `podman ... create` ...]
#   oci-resource network|volume exists NAME     fails when it is not there
#   oci-resource network remove NAME            stays when somebody still uses it
#   oci-resource unit ready NAME                starts what requires this unit of a container and does not run
# HASH stands for the settings. podman keeps it as the label io.hwcsync.hash: a network with another one is made
# anew after its containers of ours were removed, a volume with another one is never touched.
set -eu

podman=${HWCSYNC_PODMAN:-/run/current-system/sw/bin/podman}
systemctl=${HWCSYNC_SYSTEMCTL:-/run/current-system/sw/bin/systemctl}
kind=$1
action=$2
name=$3

fail() {
  printf 'oci-resource: %s\n' "$*" >&2
  exit 1
}

exists() {
  status=0
  "$podman" "$kind" exists "$name" || status=$?
  # 1 is "no"; anything else is podman in trouble, and no answer.
  [ "$status" -le 1 ] || fail "podman cannot say whether the $kind $name exists (exit status $status)"
  return "$status"
}

label_of_it() { "$podman" "$kind" inspect --format '{{ index .Labels "io.hwcsync.hash" }}' "$name"; }

create() {
  "$podman" "$kind" create --label "io.hwcsync.hash=$hash" "$@" "$name"
}

recreate_network() {
  printf 'oci-resource: the settings of network %s changed: it is made anew\n' "$name" >&2
  "$podman" ps --all --filter "network=$name" --filter label=io.hwcsync.stack --format '{{.Names}}' |
    while read -r container; do
      # podman prints several names of one container with commas between them.
      "$podman" rm --force --time 30 "${container%%,*}" </dev/null
    done
  "$podman" network rm "$name" ||
    fail "the network $name has changed settings, and a container that is not of hwcsync uses it:" \
      "'podman ps --all --filter network=$name' shows it; stop it and start this unit again"
  create "$@"
}

# A container that was stopped with the one it needs, or not started because that one was not well yet. systemd's own
# Upholds= would start the old one again in the middle of a switch; and with it, as with Wants=, a unit that fails and
# is restarted asks for its dependents at once, those ask for it, and a switch that waits for them never ends.
start_dependents() {
  set --
  for unit in $("$systemctl" show --property RequiredBy --value "$name"); do
    case $unit in podman-*.service) set -- "$@" "$unit" ;; esac
  done
  [ $# -eq 0 ] || exec "$systemctl" start --no-block -- "$@"
}

case $kind in
network | volume) ;;
unit)
  start_dependents
  exit
  ;;
*) fail "'$kind' is neither network nor volume" ;;
esac

case $action in
exists)
  exists || fail "the external $kind $name does not exist; make it with 'podman $kind create $name'," \
    "or remove 'external: true' from the Compose file"
  ;;
remove)
  [ "$kind" = network ] || fail "a volume is never removed by hwcsync"
  "$podman" network rm "$name" || printf 'oci-resource: network %s stays\n' "$name" >&2
  ;;
ensure)
  hash=$4
  shift 4
  if ! exists; then
    create "$@"
  else
    old=$(label_of_it)
    # Go prints <no value> for a map that is not there.
    [ "$old" != '<no value>' ] || old=
    if [ "$old" = "$hash" ]; then
      :
    elif [ "$kind" = network ]; then
      recreate_network "$@"
    elif [ -z "$old" ] && [ $# -eq 0 ]; then
      : # Made by podman or by hand, and nothing particular is wanted of it.
    else
      fail "the volume $name exists with other settings than the stack asks for; hwcsync never removes data." \
        "Save what is in it ('podman volume export $name -o FILE'), remove it ('podman volume rm $name')," \
        "start this unit again and import the data; or take the change back"
    fi
  fi
  ;;
*) fail "'$action' is none of ensure, exists, remove" ;;
esac
