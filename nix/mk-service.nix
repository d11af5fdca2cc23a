# One rootless Compose stack as one systemd unit. A superset of the arguments that hand-written modules of this kind
# pass, so that adopting one is a change of its import. The unit names only /etc/hwcsync and /run/current-system:
# new content reloads it in place, an upgrade of hwcsync or of nixpkgs leaves it alone.
{ config, lib, ... }:

{
  mkService =
    {
      # Name of the unit, without ".service".
      stackName,
      description,
      # COMPOSE_PROJECT_NAME.
      projectName,
      # The Compose file; use builtins.path, so that its store path follows from its content alone.
      composeFile,
      # Directory below /etc/hwcsync/stacks.
      stack ? lib.removeSuffix "-stack" stackName,
      user ? config.homelab.user or "homelab",
      uid ? config.users.users.${user}.uid,
      home ? config.users.users.${user}.home,
      # Files that the Compose file mounts: name below assets/ -> source.
      assets ? { },
      # Changes when something in /etc/hwcsync/stacks/<stack> does.
      contentHash ? null,
      # Services that must run, and those that run once and end.
      services ? [ ],
      oneshots ? [ ],
      # Env files of the secret view for interpolation: paths, or sets with `runFile`; "%U" is the user's uid.
      envFiles ? [ ],
      # Other secret files that must be there before the start.
      secretFiles ? [ ],
      # "NAME=value" each, or a set.
      extraEnv ? [ ],
      # Commands run as root before the start; the secrets are there by then.
      preStart ? [ ],
      tmpfiles ? [ ],
      requiresMounts ? [ ],
      after ? [ ],
      wants ? [ ],
      requires ? [ ],
      restart ? "on-failure",
      restartSec ? "30s",
      startLimitIntervalSec ? 300,
      startLimitBurst ? 5,
      # Seconds; a start that hangs must not hang the switch.
      startTimeout ? 300,
      stopTimeout ? 120,
      firewallPorts ? [ ],
      firewallUDPPorts ? [ ],
    }:
    let
      runtime = "/run/user/${toString uid}";
      socket = "unix://${runtime}/podman/podman.sock";
      runFile =
        file: builtins.replaceStrings [ "%U" ] [ (toString uid) ] (if builtins.isAttrs file then file.runFile else file);
      envPaths = map runFile envFiles;
      filePaths = map runFile secretFiles;
      secrets = envPaths ++ filePaths;

      # The start script's own little grammar: one key=value a line.
      unitConf = builtins.concatStringsSep "" (
        [ "project=${projectName}\n" ]
        ++ map (file: "env-file=${file}\n") envPaths
        ++ map (file: "file=${file}\n") filePaths
        ++ map (service: "service=${service}\n") services
        ++ map (service: "oneshot=${service}\n") oneshots
      );

      hash =
        if contentHash != null then
          contentHash
        else
          builtins.hashString "sha256" (
            builtins.concatStringsSep "\n" (
              [
                (builtins.hashFile "sha256" composeFile)
                unitConf
              ]
              ++ map (name: "${name} ${builtins.hashFile "sha256" assets.${name}}") (builtins.attrNames assets)
            )
          );

      # systemd expands % in Environment= and Exec lines.
      plain = builtins.replaceStrings [ "%" ] [ "%%" ];
      pair =
        text:
        let
          words = builtins.match "([^=]*)=(.*)" text;
        in
        {
          name = builtins.elemAt words 0;
          value = builtins.elemAt words 1;
        };
      extra = if builtins.isAttrs extraEnv then extraEnv else builtins.listToAttrs (map pair extraEnv);

      script = verb: "/etc/hwcsync/bin/compose-stack ${verb} ${stack}";
      ordered = [
        "network-online.target"
        "user@${toString uid}.service"
      ]
      ++ lib.optional (secrets != [ ]) "hwcsync-view@${toString uid}.service";
    in
    {
      assertions = [
        {
          assertion = (config.users.users.${user} or { uid = null; }).uid == uid;
          message = "hwcsync: stack ${stack} is for uid ${toString uid}, but users.users.${user}.uid is something else: set it, or correct hosts.<host>.users in hwcsync.yaml";
        }
      ];

      environment.etc = {
        "hwcsync/stacks/${stack}/compose.yaml".source = composeFile;
        "hwcsync/stacks/${stack}/unit.conf".text = unitConf;
      }
      // builtins.listToAttrs (
        map (name: {
          name = "hwcsync/stacks/${stack}/assets/${name}";
          value.source = assets.${name};
        }) (builtins.attrNames assets)
      );

      networking.firewall.allowedTCPPorts = firewallPorts;
      networking.firewall.allowedUDPPorts = firewallUDPPorts;

      systemd.tmpfiles.rules = tmpfiles;

      systemd.services.${stackName} = {
        description = plain description;
        wantedBy = [ "multi-user.target" ];
        wants = ordered ++ wants;
        after = ordered ++ after;
        inherit requires startLimitIntervalSec startLimitBurst;
        reloadTriggers = [ hash ];
        restartIfChanged = true;
        # Restart in one go: the containers that did not change keep running through it.
        stopIfChanged = false;
        unitConfig = lib.optionalAttrs (requiresMounts != [ ]) { RequiresMountsFor = requiresMounts; };
        environment = builtins.mapAttrs (_: plain) (
          {
            COMPOSE_PROJECT_NAME = projectName;
            CONTAINER_HOST = socket;
            DOCKER_HOST = socket;
            HOME = home;
            XDG_RUNTIME_DIR = runtime;
          }
          // extra
        )
        // {
          PATH = lib.mkForce "/run/wrappers/bin:/run/current-system/sw/bin";
        };
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          User = user;
          ExecStart = script "up";
          ExecReload = script "reload";
          ExecStop = script "stop";
          Restart = restart;
          RestartSec = restartSec;
          TimeoutStartSec = startTimeout;
          TimeoutStopSec = stopTimeout;
        }
        // lib.optionalAttrs (preStart != [ ]) { ExecStartPre = map (command: "+${command}") preStart; };
      };
    };
}
