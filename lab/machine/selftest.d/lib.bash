# What the parts of the self-test share. They run inside the machine, as root, in order.
set -euo pipefail
trap 'echo "selftest: ${0##*/}:$LINENO: failed" >&2' ERR
repo=/root/selftest bare=/root/selftest.git
export LC_ALL=C.UTF-8

commit() { git -C $repo add -A; git -C $repo commit -qm "${1:-change}"; git -C $repo push -q $bare HEAD:main; }
# The exact commit, as hwcsync says it: a bare ref would come from Nix's cache of the last hour.
ref() { echo "git+file://$bare?ref=main&rev=$(git -C $bare rev-parse main)#selftest"; }
rebuild() { nixos-rebuild "$1" --no-reexec --flake "$(ref)" >/tmp/out 2>/tmp/err; }
# status EXPECTED CMD...: the exit status, and the output when it is another one
status() {
  local want=$1 got=0; shift
  "$@" || got=$?
  [[ $got == "$want" ]] || { echo "expected status $want, got $got: $*" >&2; cat /tmp/err >&2 || true; return 1; }
}
said() { grep -qF -- "$1" /tmp/err || { echo "not in the output: $1" >&2; cat /tmp/err >&2; return 1; }; }
pid() { systemctl show -P MainPID "$1"; }
# eventually CMD...: tries for 10 s
eventually() { local i; for ((i = 0; i < 50; i++)); do "$@" >/dev/null 2>&1 && return 0; sleep 0.2; done; echo "never came true: $*" >&2; return 1; }
# extra TEXT: the part of the configuration that tests change
extra() { printf '{ config, lib, pkgs, ... }: {\n%s\n}\n' "$1" >$repo/extra.nix; }
