# In the first form of such modules: a plain call, fourteen arguments.
{
  config,
  lib,
  pkgs,
  ...
}: let
  stackName = "photos-stack";
  composeFile = builtins.path {
    path = ./docker-compose.yml;
    name = "photos-docker-compose.yml";
  };
  caddyFile = builtins.path {
    path = ./Caddyfile;
    name = "photos-Caddyfile";
  };
  encEnv = config.homelab.secrets.sopsFile "photos.env";
  runEnv = "/run/user/%U/secrets/${stackName}.env";
  podman = import ../lib/podman-compose.nix {inherit config lib pkgs;};
  inherit (config.homelab.containers) dataRoot;
  dependsOn = ["network-online.target" "mnt-data.mount"];
in
  podman.mkService {
    inherit stackName composeFile;
    description = "Photos Podman Compose Stack";
    projectName = "photos";
    envFiles = [
      {
        sopsFile = encEnv;
        runFile = runEnv;
      }
    ];
    extraEnv = ["CADDY_FILE=${caddyFile}"];
    preStart = [
      "/run/current-system/sw/bin/mkdir -p ${dataRoot}/photos/data"
      "/run/current-system/sw/bin/chown -R 1000:1000 ${dataRoot}/photos"
    ];
    requiresMounts = ["/mnt/data"];
    wants = dependsOn;
    after = dependsOn;
    requires = ["mnt-data.mount"];
    restart = "on-failure";
    restartSec = "30s";
    firewallPorts = [2283];
  }
