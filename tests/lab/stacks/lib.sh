# shellcheck shell=bash
# What the chapters share, on top of the demo's helpers.

# lock: the lock file of the repository's flake, whose inputs come from this machine.
lock() {
  git_ add -A # Nix sees only what Git knows
  (cd "$work" && nix flake lock --override-input nixpkgs path:/opt/lab/nix --override-input hwcsync path:/opt/hwcsync) 2>/root/lock.log ||
    { cat /root/lock.log >&2; fail "the lock file"; }
  chown -R eric:eric "$work"
  jq '.nodes.nixpkgs.original = {type: "github", owner: "NixOS", repo: "nixpkgs", ref: "nixos-25.05"}
      | .nodes.hwcsync.original = {type: "github", owner: "hwcsync", repo: "hwcsync"}' "$work/flake.lock" >/root/flake.lock
  install -o eric -g eric -m 644 /root/flake.lock "$work/flake.lock"
}

edit() { # FILE SED-EXPRESSION: the file must change
  local before
  before=$(sha256sum "$work/$1")
  as_eric sed -i "$2" "$work/$1"
  [[ $(sha256sum "$work/$1") != "$before" ]] || fail "nothing to edit in $1: $2"
}
# deploy MESSAGE OUTCOME: commits, pushes, waits.
deploy() {
  revision=$(commit "$1")
  push_and_expect "$revision" "$2"
}

# inspect CONTAINER FORMAT, as whoever has it.
inspect() { podman_of "$(owner_of "$1")" container inspect --format "$2" "$1" 2>/dev/null; }
owner_of() { case $1 in r*) echo root ;; *) echo homelab ;; esac; }
id_of() { inspect "$1" '{{.Id}}'; }
health_of() { inspect "$1" '{{.State.Health.Status}}'; }
is_up() { [[ $(inspect "$1" '{{.State.Running}}') == true ]]; }
# Seconds with a fraction, since the epoch. podman adds the name of the zone, which date cannot read.
moment() { date -d "$(cut -d' ' -f1-3 <<<"$1")" +%s.%N; }
started_at() { moment "$(inspect "$1" '{{.State.StartedAt}}')"; }
# When the health check passed for the first time: it leaves a file then. podman's own log keeps five checks only.
first_healthy() { podman_of "$(owner_of "$1")" exec "$1" stat -c %Y /tmp/healthy; }
later() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a >= b) }'; }
# The names of those that moved, came or went between two snapshots.
moved() { comm -3 <(echo "$1") <(echo "$2") | awk '{ print $2 }' | sort -u | xargs; }
invocation() { systemctl show -P InvocationID "$1.service"; }
# What stands before the names of each style's stacks: compose, oci. STYLES=- leaves the second out.
styles=${STYLES:-- r}
port_of() { case $1 in r*) echo 8081 ;; *) echo 8080 ;; esac; }
units_of() { case $1 in r*) echo podman-$1-holder podman-$1-db podman-$1-app ;; *) echo $1-stack ;; esac; }
# Every unit of a stack, with its start: none may change where nothing restarts.
invocations() {
  local unit
  for unit in $(systemctl list-units --all --plain --no-legend '*-stack.service' 'podman-*.service' | awk '{ print $1 }' | grep -v prune); do
    echo "$unit $(systemctl show -P InvocationID "$unit")"
  done | sort
}
# changed_units BEFORE: the units that were started anew, or are gone, since.
changed_units() { comm -3 <(echo "$1") <(invocations) | awk '{ print $1 }' | sort -u | xargs; }
# eventually COMMAND...: what a run does after its outcome is told.
eventually() {
  local i
  for ((i = 0; i < 100; i++)); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.2
  done
  return 1
}
test_that() { eval "$1"; }
as_homelab() { /opt/lab/machine/guest/as-user homelab "$@"; }
