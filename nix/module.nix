# services.hwcsync: the daemon, the secret service and the units that show secrets to stacks. What is deployed is
# decided by the config repository; this module says whom this machine trusts and where things are.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (lib) mkOption types;
  cfg = config.services.hwcsync;
  package =
    if cfg.package != null then cfg.package else pkgs.hwcsync or (pkgs.callPackage ./package.nix { });
  program = "${package}/bin/hwcsync";

  # What belongs to the running system rather than to a version of hwcsync: programs that units of stacks name.
  current = "/run/current-system/sw/bin";

  filled = lib.filterAttrs (_: value: value != null);
  settings = {
    version = 1;
    repository = filled { inherit (cfg.repository) url branch; } // (cfg.settings.repository or { });
  }
  // filled {
    inherit (cfg) host identities;
    poll-interval = cfg.pollInterval;
  }
  // removeAttrs cfg.settings [ "repository" ];

  # hwcsync's own units outlive the switch that changes them: the run that switches would otherwise end itself, and
  # a restart of the secret service is the daemon's decision, after the run is committed.
  ownUnit = {
    restartIfChanged = false;
    stopIfChanged = false;
    unitConfig.X-StopOnRemoval = false;
  };
in
{
  options.services.hwcsync = {
    enable = lib.mkEnableOption "hwcsync, which keeps this host in step with a Git repository of container stacks";

    package = mkOption {
      type = types.nullOr types.package;
      default = null;
      description = "The hwcsync package; null: pkgs.hwcsync (the overlay), or else built from this source.";
    };

    host = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "server";
      description = "Name of this machine in hwcsync.yaml; null: its host name.";
    };

    repository = {
      url = mkOption {
        type = types.str;
        example = "/srv/git/config.git";
        description = "URL of the config repository, or the path of a bare repository on this machine.";
      };
      branch = mkOption {
        type = types.str;
        default = "main";
        description = "Branch that is deployed.";
      };
    };

    pollInterval = mkOption {
      type = types.nullOr types.str;
      default = null;
      example = "60s";
      description = "How often a remote repository is asked for news; null: the program's default.";
    };

    identities = mkOption {
      type = types.nullOr (types.listOf types.str);
      default = null;
      example = [ "/etc/ssh/ssh_host_ed25519_key" ];
      description = "Files with the keys that decrypt this host's secrets; null: the SSH host key.";
    };

    settings = mkOption {
      type = types.attrs;
      default = { };
      example = {
        log-level = "debug";
      };
      description = "More of /etc/hwcsync/config.yaml, as it stands there; hwcsync refuses what it does not know.";
    };

    daemon.enable = mkOption {
      type = types.bool;
      default = true;
      description = "Whether to run the daemon, which watches the repository.";
    };

    pull = {
      enable = mkOption {
        type = types.bool;
        default = false;
        description = "Whether a timer runs `hwcsync sync --once`, for hosts without the daemon.";
      };
      interval = mkOption {
        type = types.str;
        default = "15min";
        description = "Time between two pulls.";
      };
    };
  };

  config = lib.mkIf cfg.enable {
    assertions = [
      {
        assertion = !(cfg.daemon.enable && cfg.pull.enable);
        message = "services.hwcsync: the daemon watches the repository already; switch off daemon.enable or pull.enable";
      }
    ];

    environment.systemPackages = [
      package
      pkgs.git
    ];

    # JSON is YAML.
    environment.etc."hwcsync/config.yaml".text = builtins.toJSON settings + "\n";

    # May act through the control socket; everybody may read the status.
    users.groups.hwcsync = { };

    systemd.tmpfiles.rules = [
      # Passable for deployed.json, not readable as a list.
      "d /var/lib/hwcsync 0711 root root -"
      "d /run/hwcsync 0755 root root -"
    ];

    systemd.services.hwcsync = lib.mkIf cfg.daemon.enable (
      lib.mkMerge [
        ownUnit
        {
          description = "hwcsync: keeps this host in step with its config repository";
          wantedBy = [ "multi-user.target" ];
          wants = [
            "network-online.target"
            "hwcsync-secrets.service"
          ];
          after = [
            "network-online.target"
            "hwcsync-secrets.service"
          ];
          path = [
            pkgs.git
            "/run/wrappers"
            "/run/current-system/sw"
          ];
          serviceConfig = {
            Type = "notify";
            NotifyAccess = "main";
            ExecStart = "${program} daemon";
            ExecReload = "${current}/kill -HUP $MAINPID";
            Restart = "always";
            RestartSec = "5s";
            # A bad host configuration: waiting does not mend it.
            RestartPreventExitStatus = "78";
            WatchdogSec = "3min";
            TimeoutStopSec = "30s";
            # What switches the system runs in units of its own; here is only what watches and decides.
            KillMode = "mixed";
            UMask = "0077";
            LimitCORE = 0;
            NoNewPrivileges = true;
            ProtectSystem = "strict";
            # Git's and Nix's caches lie in root's home.
            ReadWritePaths = [
              "/run/hwcsync"
              "/var/lib/hwcsync"
              "-/root/.cache"
            ];
            PrivateTmp = true;
            ProtectKernelModules = true;
            ProtectKernelTunables = true;
            ProtectControlGroups = true;
            ProtectClock = true;
            ProtectHostname = true;
            LockPersonality = true;
            RestrictRealtime = true;
            RestrictSUIDSGID = true;
            RestrictAddressFamilies = [
              "AF_UNIX"
              "AF_INET"
              "AF_INET6"
              "AF_NETLINK"
            ];
            SystemCallArchitectures = "native";
          };
        }
      ]
    );

    # The part with the keys. No option here may make a mount namespace (ProtectSystem=, PrivateTmp=, PrivateDevices=,
    # PrivateNetwork=, ProtectKernelModules= ...): its mounts would be invisible to everybody else.
    systemd.services.hwcsync-secrets = lib.mkMerge [
      ownUnit
      {
        description = "hwcsync: holds the keys and shows the secrets";
        wantedBy = [ "multi-user.target" ];
        after = [ "local-fs.target" ];
        # Readers wait while it is down, however often it dies; giving up would fail them all.
        startLimitIntervalSec = 0;
        path = [
          "/run/wrappers"
          "/run/current-system/sw"
        ];
        serviceConfig = {
          Type = "notify";
          NotifyAccess = "main";
          ExecStart = "${program} secretsd";
          ExecReload = "${pkgs.coreutils}/bin/kill -HUP $MAINPID";
          Restart = "always";
          RestartSec = "250ms";
          RestartPreventExitStatus = "78";
          # /dev/fuse stays with systemd while the process is replaced.
          FileDescriptorStoreMax = 64;
          FileDescriptorStorePreserve = "yes";
          KillMode = "mixed";
          TimeoutStopSec = "20s";
          UMask = "0077";
          OOMScoreAdjust = -900;
          LimitCORE = 0;
          LimitMEMLOCK = "256M";
          MemorySwapMax = 0;
          NoNewPrivileges = true;
          RestrictAddressFamilies = "AF_UNIX";
          IPAddressDeny = "any";
          CapabilityBoundingSet = [
            "CAP_SYS_ADMIN"
            "CAP_DAC_OVERRIDE"
            "CAP_DAC_READ_SEARCH"
            "CAP_CHOWN"
            "CAP_FOWNER"
            "CAP_IPC_LOCK"
            "CAP_SYS_PTRACE"
          ];
          SystemCallArchitectures = "native";
          SystemCallErrorNumber = "EPERM";
          SystemCallFilter = [
            "@system-service"
            "@mount"
          ];
          LockPersonality = true;
          MemoryDenyWriteExecute = true;
          RestrictRealtime = true;
          RestrictSUIDSGID = true;
          RestrictNamespaces = true;
        };
      }
    ];

    # Waits until the view of one uid answers. The runtime directory of a user takes the bind mount along when it
    # goes; this unit goes with it and is wanted again by the next start of a stack.
    systemd.services."hwcsync-view@" = lib.mkMerge [
      ownUnit
      {
        description = "hwcsync: secrets of uid %i are there";
        wants = [ "hwcsync-secrets.service" ];
        after = [
          "hwcsync-secrets.service"
          "user-runtime-dir@%i.service"
        ];
        partOf = [ "user-runtime-dir@%i.service" ];
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          ExecStart = "${current}/hwcsync secrets mount --wait %i";
          TimeoutStartSec = "90s";
        };
      }
    ];

    systemd.services.hwcsync-sync = lib.mkIf cfg.pull.enable (
      lib.mkMerge [
        ownUnit
        {
          description = "hwcsync: fetch and deploy once";
          wants = [
            "network-online.target"
            "hwcsync-secrets.service"
          ];
          after = [
            "network-online.target"
            "hwcsync-secrets.service"
          ];
          path = [
            pkgs.git
            "/run/wrappers"
            "/run/current-system/sw"
          ];
          serviceConfig = {
            Type = "oneshot";
            ExecStart = "${program} sync --once";
            UMask = "0077";
            LimitCORE = 0;
          };
        }
      ]
    );

    systemd.timers.hwcsync-sync = lib.mkIf cfg.pull.enable {
      description = "hwcsync: pull regularly";
      wantedBy = [ "timers.target" ];
      timerConfig = {
        OnBootSec = "2min";
        OnUnitInactiveSec = cfg.pull.interval;
        RandomizedDelaySec = "1min";
      };
    };
  };
}
