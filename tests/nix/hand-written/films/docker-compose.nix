# In the last form: joined by mkMerge, with what the proxy and the monitors are told.
{
  config,
  lib,
  pkgs,
  ...
}: let
  stackName = "films-stack";
  podman = import ../lib/podman-compose.nix {inherit config lib pkgs;};
  dependsOn = ["network-online.target"];
in
  lib.mkMerge [
    {
      systemd.tmpfiles.rules = lib.mkAfter ["d /mnt/docker/films 0750 homelab users -"];
      networking.firewall.allowedTCPPorts = [7007];
    }
    (podman.mkService {
      inherit stackName;
      description = "Films Podman Compose Stack";
      projectName = "films";
      composeFile = builtins.path {
        path = ./docker-compose.yml;
        name = "films-docker-compose.yml";
      };
      extraComposeFiles = [./override.yml];
      composeArgs = "--in-pod false";
      prunePod = true;
      restart = "no";
      restartTriggers = ["a text"];
      healthCheckTimeout = 120;
      startupTimeoutSeconds = 600;
      verifyTimeoutSeconds = 60;
      postStart = ["/run/current-system/sw/bin/podman ps || true"];
      firewallPorts = [];
      firewallUDPPorts = [1900];
      stackHosts = [
        {
          host = "films.example.net";
          port = 8096;
        }
      ];
      stackMonitors = [
        {
          name = "Films";
          url = "https://films.example.net/";
        }
      ];
      scrapeTargets = [
        {
          job = "films";
          address = "127.0.0.1:9100";
        }
      ];
      wants = dependsOn;
      after = dependsOn;
    })
  ]
