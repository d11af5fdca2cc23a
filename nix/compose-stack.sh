#!/bin/sh
# compose-stack prepare|up|reload|stop|remove|status STACK
#
# Starts and stops one rootless Compose stack. Reads /etc/hwcsync/stacks/STACK/: compose.yaml, unit.conf and the
# commands in prepare.sh (run by `prepare`, as root), before.sh and after.sh (by `up` and `reload`, as the stack's
# user). The environment comes from the unit: COMPOSE_PROJECT_NAME, CONTAINER_HOST, DOCKER_HOST, XDG_RUNTIME_DIR,
# PODMAN_COMPOSE_PROVIDER. Secrets reach the Compose provider by --env-file only, never by arguments. Whether a start
# went well is decided by looking at the containers, because a provider's exit status has been wrong before.
#
# Exit status: 0 done; 1 a container does not run, or the provider failed; 64 usage; 66 a secret or the stack is not
# there; 69 podman does not answer, or there is no provider.
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
  prepare | up | reload | stop | remove | status) ;;
  *)
    printf 'usage: compose-stack prepare|up|reload|stop|remove|status STACK\n' >&2
    exit 64
    ;;
esac
case $stack in
  '' | .* | *[!A-Za-z0-9_.-]*) die 64 "not a name of a stack" ;;
esac

# unit.conf: one key=value a line.
project=${COMPOSE_PROJECT_NAME-}
project_directory=
compose_files=$directory/compose.yaml$newline
profiles=
env_files=
files=
services=
oneshots=
pod=
login=
limit=300
stale_after=90
if [ -r "$directory/unit.conf" ]; then
  while IFS= read -r line || [ -n "$line" ]; do
    value=${line#*=}
    case $line in
      project=*) project=$value ;;
      directory=*) project_directory=$value ;;
      compose-file=*) compose_files=$compose_files$directory/$value$newline ;;
      profile=*) profiles=$profiles$value$newline ;;
      env=*) export "${value?}" ;;
      env-file=*) env_files=$env_files$value$newline ;;
      file=*) files=$files$value$newline ;;
      service=*) services="$services $value" ;;
      oneshot=*) oneshots="$oneshots $value" ;;
      pod=*) pod=$value ;;
      login=*) login=$value ;;
      limit=*) limit=$value ;;
      stale-after=*) stale_after=$value ;;
    esac
  done <"$directory/unit.conf"
fi
if [ -n "$project" ]; then
  export COMPOSE_PROJECT_NAME="$project" COMPOSE_ANSI=never
  label="label=com.docker.compose.project=$project"
else
  # A stack that has left the system: its containers still say whose they were.
  case $verb in
    stop | remove | status) label="label=io.hwcsync.stack=$stack" ;;
    *) die 66 "$directory/unit.conf is not there: is the stack part of the running system?" ;;
  esac
fi

# The user's own podman, by its socket: a system unit is outside the user's session and would not see its containers.
podman_() {
  if [ -n "${CONTAINER_HOST-}" ]; then
    podman --url "$CONTAINER_HOST" "$@"
  else
    podman "$@"
  fi
}

provider=${PODMAN_COMPOSE_PROVIDER-}
[ -x "$provider" ] || provider=$(command -v docker-compose) || provider=

need_provider() {
  [ -n "$provider" ] ||
    die 69 "no Compose provider: add pkgs.docker-compose to environment.systemPackages (podman-compose puts secrets into arguments)"
}

# compose SECONDS VERB ARGUMENTS...: the provider, for at most so long. The positional parameters are the only list that
# POSIX shell has: each option goes before those that are there, the last one first, to keep their order.
compose() {
  patience=$1
  shift
  command_=$1
  [ -z "$project_directory" ] || set -- --project-directory "$project_directory" "$@"
  for list in "--profile$newline$profiles" "--env-file$newline$env_files" "-f$newline$compose_files"; do
    flag=${list%%"$newline"*}
    while IFS= read -r entry; do
      [ -z "$entry" ] || set -- "$flag" "$entry" "$@"
    done <<END
$(reversed "${list#*"$newline"}")
END
  done
  timeout -k 10 "$patience" "$provider" "$@" 9>&-
  command_status=$?
  case $command_status in
    0) ;;
    124 | 137) say "$command_: not done within $patience s" ;;
    *) say "$command_: the Compose provider ended with status $command_status" ;;
  esac
  return "$command_status"
}

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

# podman.sock is a unit of the user's manager, which may have come up a moment ago. A service that failed at each of a
# few attempts takes it down for good: once it is put up again, for what was wrong may be mended.
wait_for_podman() {
  left=${HWCSYNC_PODMAN_WAIT-60}
  again=1
  until podman_ version >/dev/null 2>&1; do
    if systemctl --user is-failed --quiet podman.socket 2>/dev/null; then
      if [ "$again" -gt 0 ] && systemctl --user restart podman.socket; then
        again=0
        continue
      fi
      left=0
    fi
    [ "$left" -gt 0 ] || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}; look at: systemctl --user -M $(id -un)@ status podman.socket podman.service"
    left=$((left - 1))
    sleep 1
  done
}

# A service at the socket that was started before the user's storage moved still works in the old place; and a place keeps
# the driver that it was begun with, whatever is asked of podman later.
need_storage() {
  [ -n "${CONTAINERS_STORAGE_CONF-}" ] || return 0
  wanted="$(storage_setting driver) $(storage_setting graphroot)"
  for attempt in 1 2; do
    is=$(podman_ info --format '{{.Store.GraphDriverName}} {{.Store.GraphRoot}}')
    [ "$is" != "$wanted" ] || return 0
    [ "$attempt" = 1 ] || break
    systemctl --user restart podman.service
    wait_for_podman
  done
  die 69 "podman's storage is '$is', and $CONTAINERS_STORAGE_CONF says '$wanted'; look at: systemctl --user -M $(id -un)@ status podman.service"
}

storage_setting() { sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$root$CONTAINERS_STORAGE_CONF"; }

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
    # With those that share its network: they cannot stay without it.
    [ "$kept" = yes ] || podman_ rm -f --depend "$id" >/dev/null
  done
}

# The login is kept in the user's runtime directory, which is memory; the password comes from the view. Images that are
# not here yet are then pulled; one that cannot be is the provider's to complain of.
fetch_images() {
  [ -n "$login" ] || return 0
  registry=${login%% *}
  file=${login##* }
  user_=${login#* }
  auth=${XDG_RUNTIME_DIR:?}/containers/auth.json
  mkdir -p "${auth%/*}"
  podman login --authfile "$auth" --username "${user_%% *}" --password-stdin "$registry" <"$root$file" >/dev/null 9>&- ||
    say "cannot log in to $registry as ${user_%% *}"
  for image in $(compose 60 config --images); do
    case $image in localhost/hwcsync/*) continue ;; esac
    podman_ image exists "$image" || timeout -k 10 "$limit" podman ${CONTAINER_HOST:+--url "$CONTAINER_HOST"} pull --quiet --authfile "$auth" "$image" >/dev/null 9>&-
  done
}

# What the stack ran as under another project's name would keep its names and ports.
clear_strangers() {
  [ -n "$project" ] || return 0
  podman_ ps -a --filter "label=io.hwcsync.stack=$stack" --format '{{.ID}} {{index .Labels "com.docker.compose.project"}}' |
    while read -r id other; do
      [ "$other" != "$project" ] || continue
      say "container $id is of project $other, which is this stack's no more: it is removed"
      podman_ rm -f --depend "$id" >/dev/null
    done
}

# A container that is not healthy after all this time will not become it: the start makes it anew.
clear_stale() {
  now=$(date +%s)
  podman_ ps --filter "$label" --filter health=starting --filter health=unhealthy --format '{{.ID}} {{.StartedAt}}' |
    while read -r id since; do
      case $since in '' | *[!0-9]*) continue ;; esac
      [ $((now - since)) -gt "$stale_after" ] || continue
      say "container $id has not been healthy for more than $stale_after s: it is made anew"
      podman_ rm -f --depend "$id" >/dev/null
    done
}

# podman leaves the timer of a health check behind when its container goes; each fires and fails for ever.
sweep_timers() {
  timers=$(systemctl --user list-units --all --plain --no-legend --type=timer 2>/dev/null) || return 0
  known=$newline$(podman_ ps -aq --no-trunc)$newline || return 0
  while read -r unit _; do
    id=${unit%.timer}
    id=${id%%-*}
    case $id in *[!0-9a-f]*) continue ;; esac
    [ "${#id}" -eq 64 ] || continue
    case $known in *"$newline$id$newline"*) continue ;; esac
    systemctl --user stop "$unit" 2>/dev/null && systemctl --user reset-failed "${unit%.timer}.service" 2>/dev/null
  done <<END
$timers
END
  return 0
}

# run_script NAME: commands of the stack's own, when it has some; they say themselves which of them failed.
run_script() {
  [ ! -e "$directory/$1" ] || sh "$directory/$1" 9>&- || die 1 "$1 failed"
}

# The containers of one service, "name state exit-code" a line.
containers_of() {
  podman_ ps -a --filter "$label" --filter "label=com.docker.compose.service=$1" --format '{{.Names}} {{.State}} {{.ExitCode}}'
}

# A Compose file that nobody has resolved: the provider knows its services, and which of them may end is not known.
know_services() {
  [ -z "$services$oneshots" ] || return 0
  oneshots=$(compose 60 config --services | tr '\n' ' ') || oneshots=
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
  need_provider
  wait_for_podman
  need_storage
  take_slot
  fetch_images
  run_script build.sh
  run_script before.sh
  clear_strangers
  [ -z "$pod" ] || ! podman_ pod exists "$pod" || podman_ pod rm -f "$pod" >/dev/null
  clear_stale
  # Images were pulled before the switch, but for a user that it made: an image that is here is never asked for.
  end=$(($(date +%s) + limit))
  if ! compose "$limit" up -d --remove-orphans --pull missing; then
    clear_leftovers
    left=$((end - $(date +%s)))
    [ "$left" -gt 0 ] && compose "$left" up -d --remove-orphans --pull missing || {
      know_services
      judge || true
      podman_ ps --filter "$label" --filter health=starting --filter health=unhealthy --format '{{.Names}}: {{.Status}}' |
        while IFS= read -r line; do say "not healthy: $line"; done
      exit 1
    }
  fi
  reach_readers
  know_services
  judge || exit 1
  run_script after.sh
  sweep_timers
}

# A run that brought new secrets lists whom they have to reach: "since SECONDS", services to "restart", which read files, or to
# make "anew", into which the provider copies values, and the containers that there "was" before.
reach_readers() {
  rotated=$root/run/hwcsync/rotated/$stack
  [ -e "$rotated" ] || return 0
  [ -r "$rotated" ] || die 66 "cannot read $rotated, which tells whom new secrets have to reach"
  again=$(of_old restart) && anew=$(of_old anew) || die 69 "podman does not tell which containers have the old secrets"
  left=$((end - $(date +%s)))
  [ "$left" -ge 60 ] || left=60
  # The names are words.
  if [ -n "$anew" ] && ! compose "$left" up -d --no-deps --force-recreate --pull missing $anew; then
    clear_leftovers
    compose "$left" up -d --pull missing
    # The provider leaves alone what it has not come to: to it, nothing is another.
    anew=$(of_old anew) || die 69 "podman does not tell which containers have the old secrets"
    [ -z "$anew" ] || compose "$left" up -d --no-deps --force-recreate --pull missing $anew || die 1 "cannot make anew what has the old secrets:" $anew
  fi
  [ -z "$again" ] || compose "$left" restart $again || die 1 "cannot restart what has read the old secrets:" $again
  old=$(of_old restart && of_old anew) || die 69 "podman does not tell which containers have the old secrets"
  [ -z "$old" ] || die 1 "these still have the old secrets:" $old
}

# of_old WORD: those of the list's services that have a container from before the new secrets.
of_old() {
  since=$(sed -n 's/^since //p' "$rotated")
  sed -n "s/^$1 //p" "$rotated" | while read -r service; do
    found=$(podman_ ps -a --no-trunc --filter "$label" --filter "label=com.docker.compose.service=$service" --format '{{.ID}}:{{.Pid}} {{.StartedAt}}' </dev/null) || exit 1
    while read -r instance started; do
      case $started in
        '') continue ;;
        *[!0-9]*) ;; # it never ran
        *) [ "$started" -le "$since" ] || grep -qxF "was $instance" "$rotated" || continue ;;
      esac
      echo "$service"
      break
    done <<END
$found
END
  done
}

# Kept: containers (their ids and logs), volumes, networks. By label, so that it works without the file and without
# secrets; the provider is asked first because it knows the order.
take_down() {
  if [ -r "$directory/compose.yaml" ] && [ -n "$provider" ]; then
    compose 60 stop >/dev/null 2>&1 || true
  fi
  left=$(podman_ ps -q --filter "$label") || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}"
  # The ids are words.
  [ -z "$left" ] || podman_ stop $left >/dev/null || die 1 "cannot stop all containers of the stack"
}

# For a stack that is gone: containers and networks go, volumes stay.
remove_all() {
  left=$(podman_ ps -aq --filter "$label") || die 69 "podman does not answer at ${CONTAINER_HOST-its default socket}"
  [ -z "$left" ] || podman_ rm -f $left >/dev/null || die 1 "cannot remove all containers of the stack"
  for network in $(podman_ network ls -q --filter "$label"); do
    podman_ network rm "$network" >/dev/null || say "network $network stays"
  done
}

case $verb in
  prepare) run_script prepare.sh ;;
  up | reload) bring_up ;;
  stop)
    take_down
    sweep_timers
    ;;
  remove)
    take_down
    remove_all
    sweep_timers
    ;;
  status) podman_ ps -a --filter "$label" --format '{{.Names}} {{.State}} {{.Status}}' ;;
esac
