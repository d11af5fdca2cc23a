# A module as people have it, with its import changed to hwcsync's library.
hwcsync:
{
  config,
  lib,
  pkgs,
  ...
}:
let
  podman = hwcsync.lib.mkService { inherit config lib pkgs; };
in
podman.mkService {
  stackName = "byhand-stack";
  description = "A stack by hand, 100% of it";
  projectName = "byhand";
  composeFile = builtins.path {
    path = ./by-hand.yml;
    name = "byhand-docker-compose.yml";
  };
  extraEnv = [ "PRICE=50% of 'it'" ];
  preStart = [
    "/run/current-system/sw/bin/mkdir -p /srv/byhand"
    "/run/current-system/sw/bin/chown %u /srv/byhand"
    "-/run/current-system/sw/bin/false"
  ];
}
