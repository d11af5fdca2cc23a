#!/usr/bin/env bash
# Checks the evaluator on its own: what merges, what is refused and with which words. Needs only `nix-instantiate` (2.8 or later).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
export NIX_STATE_DIR=${NIX_STATE_DIR:-$dir/state} NIX_STORE_DIR=${NIX_STORE_DIR:-/nix/store} NIX_CONFIG="build-users-group ="
failures=0

evaluate() { # MODULE ATTRS -> JSON or the error
  printf '%s\n' "$1" >"$dir/m.nix"
  nix-instantiate --eval --strict --json --readonly-mode "$here/eval.nix" --arg modules "[ $dir/m.nix ]" --arg attrs "$2" 2>&1
}
gives() { # NAME MODULE ATTR JSON
  local got; got=$(evaluate "$2" "[ \"$3\" ]") || true
  if [[ $got == *":$4},\"failedAssertions\""* ]]; then return; fi
  echo "FAILED: $1: wanted $4, got $got" >&2; failures=$((failures + 1))
}
refuses() { # NAME MODULE ATTR WORDS...
  local name=$1 got word; got=$(evaluate "$2" "[ \"$3\" ]") && { echo "FAILED: $name: was accepted" >&2; failures=$((failures + 1)); return; }
  shift 3
  for word; do
    [[ $got == *"$word"* ]] || { echo "FAILED: $name: no \"$word\" in: $got" >&2; failures=$((failures + 1)); }
  done
}

tcp=networking.firewall.allowedTCPPorts
gives 'lists of several definitions join' '{ imports = [ { networking.firewall.allowedTCPPorts = [ 443 ]; } ]; networking.firewall.allowedTCPPorts = [ 80 ]; }' $tcp '[80,443]'
gives 'a false condition defines nothing' '{ lib, ... }: { networking.firewall.allowedTCPPorts = lib.mkIf false [ 1 ]; }' $tcp '[]'
gives 'force beats a plain value' '{ lib, ... }: lib.mkMerge [ { networking.hostName = "a"; } { networking.hostName = lib.mkForce "b"; } ]' networking.hostName '"b"'
gives 'a plain value beats a default' '{ lib, ... }: lib.mkMerge [ { networking.hostName = lib.mkDefault "a"; } { networking.hostName = "b"; } ]' networking.hostName '"b"'
gives 'override 90 beats the module of oci-containers' '{ lib, ... }: { virtualisation.oci-containers.containers.x.image = "i"; systemd.services.podman-x.serviceConfig.Restart = lib.mkOverride 90 "on-failure"; }' systemd.services.podman-x.serviceConfig.Restart '"on-failure"'
gives 'orders sort' '{ lib, ... }: lib.mkMerge [ { systemd.services.x.preStart = lib.mkAfter "c"; } { systemd.services.x.preStart = "b"; } { systemd.services.x.preStart = lib.mkBefore "a"; } ]' systemd.services.x.preStart '"a\nb\nc"'
gives 'names of submodules' '{ systemd.services.foo = { }; }' systemd.services.foo.name '"foo"'
gives 'own options' '{ config, lib, ... }: { options.hwc.server.containers.x = { enable = lib.mkEnableOption "x"; port = lib.mkOption { type = lib.types.port; default = 80; }; };
  config = lib.mkIf (!config.hwc.server.containers.x.enable) { networking.firewall.allowedTCPPorts = [ config.hwc.server.containers.x.port ]; }; }' $tcp '[80]'
gives 'unit values as lists' '{ imports = [ { systemd.services.x.serviceConfig.ExecStartPre = [ "/b" ]; } ]; systemd.services.x.serviceConfig.ExecStartPre = "/a"; }' systemd.services.x.serviceConfig.ExecStartPre '["/b","/a"]'
gives 'quoted names' '{ environment.etc."a.b/c".text = "t"; }' 'environment.etc.\"a.b/c\".text' '"t"'
printf '{ networking.firewall.allowedTCPPorts = [ 1 ]; }' >"$dir/once.nix"
gives 'a file imported twice counts once' "{ imports = [ $dir/once.nix $dir/once.nix ]; networking.hostName = \"x\"; }" networking.firewall.allowedTCPPorts '[1]'
refuses 'an unknown option' '{ services.nonsense.enable = true; }' $tcp "The option \`services.nonsense' does not exist" m.nix
refuses 'an unknown option behind a false condition' '{ lib, ... }: { config = lib.mkIf false { nothing.here = 1; }; }' $tcp "\`nothing' does not exist"
refuses 'an unknown option of a unit' '{ systemd.services.x.exec = "a"; }' systemd.services.x "\`systemd.services.x.exec' does not exist" m.nix
refuses 'an unknown container option' '{ virtualisation.oci-containers.containers.x = { image = "i"; restart = "no"; }; }' systemd.services.podman-x "\`virtualisation.oci-containers.containers.x.restart' does not exist"
refuses 'two values for one name' '{ imports = [ { networking.hostName = "a"; } ]; networking.hostName = "b"; }' networking.hostName 'has conflicting definition values' m.nix
refuses 'a wrong type' '{ networking.firewall.allowedTCPPorts = [ "80" ]; }' $tcp 'is not of type' m.nix '"80"'
refuses 'a port out of range' '{ networking.firewall.allowedTCPPorts = [ 70000 ]; }' $tcp 'is not of type'
refuses 'a value outside of an enumeration' '{ virtualisation.oci-containers.containers.x = { image = "i"; pull = "sometimes"; }; }' systemd.services.podman-x 'one of "always"'
refuses 'an environment number' '{ virtualisation.oci-containers.containers.x = { image = "i"; environment.A = 1; }; }' systemd.services.podman-x "environment.A' is not of type \`string'"
refuses 'a missing value' '{ virtualisation.oci-containers.containers.x = { }; }' systemd.services.podman-x.script "containers.x.image' was accessed but has no value defined"
refuses 'a missing dependency' '{ virtualisation.oci-containers.containers.x = { image = "i"; dependsOn = [ "y" ]; }; }' systemd.services.podman-x.after "no container \`y'"
refuses 'mixed module forms' '{ config = { }; networking.hostName = "a"; }' $tcp "unsupported attribute \`networking'"
refuses 'a bad unit name' '{ systemd.services.x.after = [ "network" ]; }' systemd.services.x.after 'is not of type'
[[ $failures == 0 ]] && echo 'check: ok'
