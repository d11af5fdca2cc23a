# Helpers of the story; runs inside the machine.
# shellcheck shell=bash

say() { printf '\n== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }
fail() { echo "demo: FAILED: $*" >&2; exit 1; }
# shown COMMAND...: as a person would see it.
shown() { printf '   $ %s\n' "$*"; "$@" | sed 's/^/   /'; }

checks=0
# check DESCRIPTION COMMAND...: an assertion on the machine.
check() {
  local what=$1
  shift
  "$@" || fail "$what ($*)"
  checks=$((checks + 1))
}
refuse() { # the command must fail
  ! "$@" >/dev/null 2>&1
}

work=/home/eric/config
bare=/srv/git/config.git
as_eric() { runuser -u eric -- env HOME=/home/eric "$@"; }
git_() { as_eric git -C "$work" "$@"; }

# commit MESSAGE: everything in the work tree; prints the id.
commit() {
  git_ add -A && git_ commit -qm "$1" && git_ rev-parse HEAD
}

json() { hwcsync "$1" --json "${@:2}"; }
# The newest run of a revision, as JSON; empty while there is none.
run_of() { json history -n 50 | jq -c --arg rev "$1" '[.runs[] | select(.to == $rev)][0] // empty'; }

terminal=' committed unchanged failed cancelled busy rolled-back rollback-failed staged-for-reboot '
# wait_for REVISION: until the newest run of it has ended; prints its state.
wait_for() {
  local i run state
  for ((i = 0; i < 1200; i++)); do
    run=$(run_of "$1")
    state=$(jq -r .state <<<"${run:-{\}}")
    if [[ $terminal == *" $state "* && -n $(jq -r .ended <<<"$run") ]]; then
      echo "$state"
      return
    fi
    sleep 0.2
  done
  fail "no outcome for $1 after four minutes (state: ${state:-none})"
}

# push REVISION-LABEL: pushes main and waits for the outcome, which must be the second argument.
push_and_expect() { # REVISION OUTCOME
  local state
  git_ push -q origin main
  state=$(wait_for "$1")
  [[ $state == "$2" ]] || { hwcsync log "$(run_of "$1" | jq .id)" >&2 || true; fail "the run ended '$state', expected '$2'"; }
  checks=$((checks + 1))
}

podman_of() { # USER ARGUMENTS...
  local user=$1
  shift
  local -a command=(podman "$@")
  [[ $user == root ]] || command=(/opt/lab/machine/guest/as-user "$user" "${command[@]}")
  if [[ $1 == exec ]]; then entered "${command[@]}"; else "${command[@]}"; fi
}
# entered COMMAND...: a `podman exec` whose runtime could not enter the container (short of memory, runc loses its own child) is
# tried again, aloud. What the process inside says and returns is taken as it is.
entered() {
  local said status try
  said=$(mktemp)
  for try in 1 2 3; do
    status=0
    "$@" 2>"$said" || status=$?
    grep -q 'OCI runtime error' "$said" || break
    sed "s/^/exec, try $try: /" "$said" >&2
    : >"$said"
  done
  cat "$said" >&2
  rm -f "$said"
  return "$status"
}
# started USER CONTAINER: since when it runs; empty when it does not.
started() { podman_of "$1" container inspect --format '{{if .State.Running}}{{.State.StartedAt}}{{end}}' "$2" 2>/dev/null; }
running() { [[ -n $(started "$1" "$2") ]]; }
# Every container of every stack with its start time: two of these are compared after a push.
snapshot() {
  local user
  for user in homelab root; do
    podman_of "$user" ps --filter label=io.hwcsync.stack --format "$user {{.Names}} {{.ID}} {{.StartedAt}}"
  done | sort
}

current_system() { readlink -f /run/current-system; }
profile() { readlink -f /nix/var/nix/profiles/system; }
mirror() { git --git-dir=/var/lib/hwcsync/mirror.git "$@"; }
deployed_revision() { mirror rev-parse 'refs/hwcsync/deployed/server^'; }
view=/run/user/1000/secrets
read_as() { setpriv --reuid "$1" --regid "$1" --clear-groups -- cat "$2"; }
