#!/bin/sh
# compose-stack up|reload|stop|remove|status STACK
#
# Starts and stops one rootless Compose stack. Reads /etc/hwcsync/stacks/STACK/{compose.yaml,unit.conf}; the
# environment comes from the unit: COMPOSE_PROJECT_NAME, CONTAINER_HOST, DOCKER_HOST, XDG_RUNTIME_DIR. Secrets reach
# the Compose provider by --env-file only, never by arguments. Whether a start went well is decided by looking at the
# containers, because a provider's exit status has been wrong before.
#
# Exit status: 0 done; 1 a container does not run, or the provider failed; 64 usage; 66 a secret or the stack is not
# there; 69 podman does not answer.
set -u

verb=${1-}
stack=${2-}
root=${HWCSYNC_ROOT-}
directory=$root/etc/hwcsync/stacks/$stack
settle=${HWCSYNC_SETTLE-2}
newline='
'

say() { printf 'compose-stack: %s: %s\n' "$stack" "$*" >&2; }
die() {
  status=$1
  shift
  say "$*"
  exit "$status"
}

case $verb in
  up | reload | stop | remove | status) ;;
  *)
    printf 'usage: compose-stack up|reload|stop|remove|status STACK\n' >&2
    exit 64
    ;;
esac
case $stack in
  '' | .* | *[!A-Za-z0-9_.-]*) die 64 "not a name of a stack" ;;
esac

# unit.conf: one key=value a line.
project=${COMPOSE_PROJECT_NAME-}
env_files=
files=
services=
oneshots=
if [ -r "$directory/unit.conf" ]; then
  while IFS= read -r line || [ -n "$line" ]; do
    value=${line#*=}
    case $line in
      project=*) project=$value ;;
      env-file=*) env_files=$env_files$value$newline ;;
      file=*) files=$files$value$newline ;;
      service=*) services="$services $value" ;;
      oneshot=*) oneshots="$oneshots $value" ;;
    esac
  done <"$directory/unit.conf"
fi
[ -n "$project" ] || die 66 "$directory/unit.conf is not there: is the stack part of the running system?"
export COMPOSE_PROJECT_NAME="$project" COMPOSE_ANSI=never
label="label=com.docker.compose.project=$project"

# The user's own podman, by its socket: a system unit is outside the user's session and would not see its containers.
podman_() {
  if [ -n "${CONTAINER_HOST-}" ]; then
    podman --url "$CONTAINER_HOST" "$@"
  else
    podman "$@"
  fi
}

# Arguments come from the lines of $env_files; the positional parameters are the only list that POSIX shell has.
compose() {
  command_=$1
  shift
  while IFS= read -r file; do
    [ -n "$file" ] && set -- --env-file "$file" "$@"
  done <<END
$(reversed "$env_files")
END
  set -- -f "$directory/compose.yaml" "$@"
  if command -v docker-compose >/dev/null 2>&1; then
    docker-compose "$@" 9>&-
  else
    podman compose "$@" 9>&-
  fi
  command_status=$?
  [ "$command_status" -eq 0 ] || say "$command_: the Compose provider ended with status $command_status"
  return "$command_status"
}

# compose() puts each file before the ones that it has: the last one must come first to keep their order.
reversed() {
  turned=
  while IFS= read -r entry; do
    [ -n "$entry" ] && turned=$entry$newline$turned
  done <<END
$1
END
  printf '%s' "$turned"
}

# Fails closed: a stack without its secrets must not come up half configured.
need_secrets() {
  missing=
  while IFS= read -r file; do
    [ -z "$file" ] || [ -r "$root$file" ] || missing="$missing $file"
  done <<END
$env_files$files
END
  [ -z "$missing" ] || die 66 "cannot start: no secret at$missing; look at: systemctl status hwcsync-secrets.service hwcsync-view@$(id -u).service"
}

# podman.sock is a unit of the user's manager, which may have come up a moment ago.
wait_for_podman() {
  left=${HWCSYNC_PODMAN_WAIT-60}
  until podman_ version >/dev/null 2>&1; do
    [ "$left" -gt 0 ] || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}; look at: systemctl --user -M $(id -un)@ status podman.socket"
    left=$((left - 1))
    sleep 1
  done
}

# At most three stacks of a user start at one time: a switch that touches many must not choke podman. The lock is the
# open file; it goes with this process. Waiting is bounded: late is better than never.
take_slot() {
  [ -n "${XDG_RUNTIME_DIR-}" ] && [ -d "$XDG_RUNTIME_DIR" ] && command -v flock >/dev/null 2>&1 || return 0
  mkdir -p "$XDG_RUNTIME_DIR/hwcsync" || return 0
  waited=0
  while [ "$waited" -lt 120 ]; do
    for slot in 1 2 3; do
      exec 9>"$XDG_RUNTIME_DIR/hwcsync/start-slot.$slot" || return 0
      if flock -n 9; then return 0; fi
    done
    sleep 1
    waited=$((waited + 1))
  done
  exec 9>&-
  say "no start slot for two minutes, starting all the same"
}

# Containers that were made but never ran, and ended ones, can stand in the way of a start. An ended one with an
# anonymous volume stays: the provider carries that volume over only from a container that is still there.
clear_leftovers() {
  for id in $(podman_ ps -aq --filter "$label" --filter status=created --filter status=exited); do
    mounts=$(podman_ container inspect --format '{{range .Mounts}}{{.Type}}:{{.Name}} {{end}}' "$id") || continue
    kept=no
    for mount in $mounts; do
      name=${mount#volume:}
      case $mount in
        volume:*) [ "${#name}" -ne 64 ] || kept=yes ;;
      esac
    done
    [ "$kept" = yes ] || podman_ rm -f "$id" >/dev/null
  done
}

# The containers of one service, "name state exit-code" a line.
containers_of() {
  podman_ ps -a --filter "$label" --filter "label=com.docker.compose.service=$1" --format '{{.Names}} {{.State}} {{.ExitCode}}'
}

# Names what does not run; sets $bad, one "service container state" a line.
look() {
  bad=
  for service in $services $oneshots; do
    once=no
    case " $oneshots " in *" $service "*) once=yes ;; esac
    found=no
    while read -r name state code; do
      [ -n "$name" ] || continue
      found=yes
      case $state in
        running) ;;
        exited) [ "$once" = yes ] && [ "$code" = 0 ] || bad="$bad$service $name exited:$code$newline" ;;
        *) bad="$bad$service $name $state$newline" ;;
      esac
    done <<END
$(containers_of "$service")
END
    [ "$found" = yes ] || bad="$bad$service - missing$newline"
  done
}

# A container may die right after it came up, and may need a moment from created to running: look twice, wait for
# what is on its way.
judge() {
  sleep "$settle"
  tries=10
  while :; do
    look
    [ -n "$bad" ] || return 0
    case $bad in
      *created* | *initialized* | *configured* | *starting*) ;;
      *) break ;;
    esac
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || break
    sleep 1
  done
  while read -r service name state; do
    [ -n "$service" ] || continue
    if [ "$name" = - ]; then
      say "service $service has no container"
    else
      say "service $service: container $name is $state; its last lines:"
      podman_ logs --tail 10 "$name" 2>&1 | sed 's/^/    /' >&2
    fi
  done <<END
$bad
END
  return 1
}

bring_up() {
  [ -r "$directory/compose.yaml" ] || die 66 "$directory/compose.yaml is not there: is the stack part of the running system?"
  need_secrets
  wait_for_podman
  take_slot
  # Images were pulled before the switch; a start never waits for a registry.
  if ! compose up up -d --remove-orphans --pull never; then
    clear_leftovers
    compose up up -d --remove-orphans --pull never || {
      judge || true
      exit 1
    }
  fi
  judge || exit 1
}

# Kept: containers (their ids and logs), volumes, networks. By label, so that it works without the file and without
# secrets; the provider is asked first because it knows the order.
take_down() {
  if [ -r "$directory/compose.yaml" ]; then
    compose stop stop >/dev/null 2>&1 || true
  fi
  left=$(podman_ ps -q --filter "$label") || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}"
  # The ids are words.
  [ -z "$left" ] || podman_ stop $left >/dev/null || die 1 "cannot stop all containers of project $project"
}

# For a stack that is gone: containers and networks go, volumes stay.
remove_all() {
  left=$(podman_ ps -aq --filter "$label") || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}"
  [ -z "$left" ] || podman_ rm -f $left >/dev/null || die 1 "cannot remove all containers of project $project"
  for network in $(podman_ network ls -q --filter "$label"); do
    podman_ network rm "$network" >/dev/null || say "network $network stays"
  done
}

case $verb in
  up | reload) bring_up ;;
  stop)
    take_down
    # The stack has left the system: so do its containers.
    [ -r "$directory/compose.yaml" ] || remove_all
    ;;
  remove)
    take_down
    remove_all
    ;;
  status) podman_ ps -a --filter "$label" --format '{{.Names}} {{.State}} {{.Status}}' ;;
esac
