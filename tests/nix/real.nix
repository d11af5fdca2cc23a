# Evaluates generated modules with nixpkgs' own `lib` and its oci-containers module. The rest of NixOS is declared here
# as far as those two touch it, with the types that NixOS gives these options.
{ nixpkgs, modules }:
let
  lib = import (nixpkgs + "/lib");
  inherit (lib) mkOption types;

  program = name: {
    type = "derivation";
    inherit name;
    outPath = "/nix/store/00000000000000000000000000000000-${name}";
    callPackage = null;
  };
  pkgs = {
    coreutils = program "coreutils";
    docker-compose = program "docker-compose";
    git = program "git";
    podman = program "podman";
    hwcsync = program "hwcsync";
    writeShellApplication = { name, ... }: program name;
  };

  names = mkOption {
    type = types.listOf types.str;
    default = [ ];
  };
  text = mkOption {
    type = types.lines;
    default = "";
  };
  flag = default: mkOption {
    type = types.bool;
    inherit default;
  };
  # As in NixOS: lists of one directive join, single values must be defined once.
  unitOption = lib.mkOptionType {
    name = "systemd option";
    merge =
      loc: defs:
      let
        values = lib.options.getValues defs;
      in
      if builtins.any builtins.isList values then
        builtins.concatMap (value: if builtins.isList value then value else [ value ]) values
      else
        lib.options.mergeEqualOption loc defs;
  };
  section = mkOption {
    type = types.attrsOf unitOption;
    default = { };
  };
  unit = {
    description = mkOption {
      type = types.singleLineStr;
      default = "";
    };
    wantedBy = names;
    requiredBy = names;
    wants = names;
    requires = names;
    bindsTo = names;
    partOf = names;
    after = names;
    before = names;
    unitConfig = section;
    restartIfChanged = flag true;
    stopIfChanged = flag true;
    restartTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
    };
    reloadTriggers = mkOption {
      type = types.listOf types.unspecified;
      default = [ ];
    };
    startLimitIntervalSec = mkOption {
      type = types.int;
      default = 10;
    };
    startLimitBurst = mkOption {
      type = types.int;
      default = 5;
    };
  };
  service = unit // {
    environment = mkOption {
      type = types.attrsOf (
        types.nullOr (
          types.oneOf [
            types.str
            types.path
            types.package
          ]
        )
      );
      default = { };
    };
    path = mkOption {
      type = types.listOf (
        types.oneOf [
          types.package
          types.str
        ]
      );
      default = [ ];
    };
    script = text;
    startAt = mkOption {
      type = types.either types.str (types.listOf types.str);
      default = [ ];
    };
    preStart = text;
    postStart = text;
    preStop = text;
    postStop = text;
    serviceConfig = section;
  };
  submodule = options: types.attrsOf (types.submodule { inherit options; });
  ports = mkOption {
    type = types.listOf types.port;
    default = [ ];
  };
  ranges =
    start:
    mkOption {
      type = types.listOf (
        types.submodule {
          options = {
            ${start} = mkOption { type = types.int; };
            count = mkOption {
              type = types.int;
              default = 1;
            };
          };
        }
      );
      default = [ ];
    };

  declarations = {
    options = {
      assertions = mkOption {
        type = types.listOf types.unspecified;
        default = [ ];
      };
      warnings = names;
      system.stateVersion = mkOption {
        type = types.str;
        default = "25.11";
      };
      networking.proxy.envVars = mkOption {
        type = types.attrs;
        default = { };
      };
      networking.firewall.allowedTCPPorts = ports;
      networking.firewall.allowedUDPPorts = ports;
      networking.firewall.enable = flag true;
      networking.firewall.interfaces = mkOption {
        type = submodule { allowedUDPPorts = ports; };
        default = { };
      };
      environment.systemPackages = mkOption {
        type = types.listOf types.package;
        default = [ ];
      };
      environment.etc = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule {
            options = {
              text = mkOption {
                type = types.nullOr types.lines;
                default = null;
              };
              source = mkOption {
                type = types.nullOr types.path;
                default = null;
              };
              mode = mkOption {
                type = types.str;
                default = "symlink";
              };
            };
          }
        );
      };
      users.groups = mkOption {
        type = types.attrsOf types.attrs;
        default = { };
      };
      users.users = mkOption {
        default = { };
        type = types.attrsOf (
          types.submodule (
            { name, ... }:
            {
              options = {
                uid = mkOption {
                  type = types.nullOr types.int;
                  default = null;
                };
                home = mkOption {
                  type = types.path;
                  default = "/home/${name}";
                };
                isNormalUser = flag false;
                linger = flag false;
                subUidRanges = ranges "startUid";
                subGidRanges = ranges "startGid";
              };
            }
          )
        );
      };
      services.caddy.enable = flag false;
      services.caddy.virtualHosts = mkOption {
        type = submodule { extraConfig = text; };
        default = { };
      };
      systemd.services = mkOption {
        type = submodule service;
        default = { };
      };
      systemd.timers = mkOption {
        type = submodule (unit // { timerConfig = section; });
        default = { };
      };
      systemd.user.sockets = mkOption {
        type = submodule (unit // { socketConfig = section; });
        default = { };
      };
      systemd.tmpfiles.rules = names;
      virtualisation.podman.enable = flag false;
      virtualisation.podman.package = mkOption {
        type = types.package;
        default = pkgs.podman;
      };
      virtualisation.docker.enable = flag false;
    };
    config.users.users.root = {
      uid = 0;
      home = "/root";
    };
  };

  inherit
    (lib.evalModules {
      modules = [
        declarations
        (nixpkgs + "/nixos/modules/virtualisation/oci-containers.nix")
      ]
      ++ modules;
      specialArgs = { inherit pkgs; };
    })
    config
    ;
in
{
  failed = map (assertion: assertion.message) (
    builtins.filter (assertion: !assertion.assertion) config.assertions
  );
  inherit (config) warnings;
  services = builtins.mapAttrs (_: unit: {
    inherit (unit)
      after
      requires
      serviceConfig
      environment
      script
      ;
  }) config.systemd.services;
  inherit (config.environment) etc;
}
