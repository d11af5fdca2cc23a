# Options that configurations commonly set and that the lab only declares: typed, checked, without effect.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  any = mkOption { type = types.anything; default = { }; };
  flag = mkOption { type = types.bool; default = false; };
  maybe = mkOption { type = types.nullOr types.str; default = null; };
  list = mkOption { type = types.listOf types.str; default = [ ]; };
  service = { enable = flag; settings = any; };
in
{
  options = {
    system.stateVersion = mkOption { type = types.str; default = "26.05"; };
    system.configurationRevision = maybe;
    system.autoUpgrade.enable = flag;
    nix = { enable = mkOption { type = types.bool; default = true; }; settings = any; gc = any; optimise = any; registry = any; nixPath = list; channel.enable = flag; extraOptions = mkOption { type = types.lines; default = ""; }; };
    nixpkgs = {
      config = any;
      overlays = mkOption { type = types.listOf types.raw; default = [ ]; };
      hostPlatform = mkOption { type = types.either types.str types.attrs; default = "x86_64-linux"; };
      system = mkOption { type = types.str; default = "x86_64-linux"; };
    };
    boot = {
      kernelModules = list;
      kernelParams = list;
      kernel.sysctl = any;
      loader = any;
      isContainer = flag;
      tmp = any;
      initrd = any;
      supportedFilesystems = mkOption { type = types.either (types.listOf types.str) types.attrs; default = [ ]; };
    };
    fileSystems = mkOption {
      default = { };
      type = types.attrsOf (types.submodule ({ name, ... }: {
        options = {
          mountPoint = mkOption { type = types.str; default = name; };
          device = maybe;
          label = maybe;
          fsType = mkOption { type = types.str; default = "auto"; };
          options = mkOption { type = types.listOf types.str; default = [ "defaults" ]; };
          neededForBoot = flag;
          noCheck = flag;
          depends = list;
        };
      }));
    };
    swapDevices = mkOption { type = types.listOf types.attrs; default = [ ]; };
    hardware = any;
    powerManagement = any;
    time.timeZone = maybe;
    i18n = { defaultLocale = mkOption { type = types.str; default = "C.UTF-8"; }; extraLocaleSettings = any; supportedLocales = list; };
    console = any;
    documentation = any;
    security = {
      sudo = any;
      polkit.enable = flag;
      wrappers = mkOption {
        default = { };
        type = types.attrsOf (types.submodule {
          options = { source = mkOption { type = types.path; }; owner = mkOption { type = types.str; }; group = mkOption { type = types.str; }; setuid = flag; setgid = flag; capabilities = mkOption { type = types.str; default = ""; }; permissions = mkOption { type = types.str; default = "u+rx,g+x,o+x"; }; program = maybe; };
        });
      };
      pam = any;
      acme = any;
    };
    programs = { fuse.userAllowOther = flag; git.enable = flag; git.config = any; bash = any; ssh = any; vim = any; zsh = any; fish = any; nix-ld.enable = flag; };
    services = {
      openssh = service // { ports = mkOption { type = types.listOf types.port; default = [ 22 ]; }; openFirewall = flag; hostKeys = mkOption { type = types.listOf types.attrs; default = [ ]; }; };
      journald.extraConfig = mkOption { type = types.lines; default = ""; };
      logind = any;
      tailscale = service;
      resolved = any;
      timesyncd.enable = flag;
      fstrim.enable = flag;
      dbus = any;
    };
    age = {
      identityPaths = list;
      secrets = mkOption {
        default = { };
        type = types.attrsOf (types.submodule ({ name, ... }: {
          options = {
            name = mkOption { type = types.str; default = name; };
            file = mkOption { type = types.path; };
            path = mkOption { type = types.str; default = "/run/agenix/${name}"; };
            mode = mkOption { type = types.str; default = "0400"; };
            owner = mkOption { type = types.str; default = "0"; };
            group = mkOption { type = types.str; default = "0"; };
            symlink = mkOption { type = types.bool; default = true; };
          };
        }));
      };
    };
  };
}
