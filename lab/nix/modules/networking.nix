# Host name and firewall. No packet is filtered: firewall.service writes down what would be open, for tests to read.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.networking.firewall;
  rangeType = types.submodule { options = { from = mkOption { type = types.port; }; to = mkOption { type = types.port; }; }; };
  # Sorted and without doubles, as the real option does.
  ports = mkOption { type = types.listOf types.port; default = [ ]; apply = ps: lib.unique (builtins.sort builtins.lessThan ps); };
  ranges = mkOption { type = types.listOf rangeType; default = [ ]; };
  opening = { allowedTCPPorts = ports; allowedUDPPorts = ports; allowedTCPPortRanges = ranges; allowedUDPPortRanges = ranges; };
  only = lib.filterAttrs (n: _: opening ? ${n});
  written = pkgs.writeText "firewall.json" (builtins.toJSON (only cfg // { interfaces = lib.mapAttrs (_: only) cfg.interfaces; inherit (cfg) trustedInterfaces; }));
in
{
  options.networking = {
    hostName = mkOption { type = types.strMatching "$^|[[:alnum:]]([[:alnum:]_-]{0,61}[[:alnum:]])?"; default = "nixos"; };
    domain = mkOption { type = types.nullOr types.str; default = null; };
    hostId = mkOption { type = types.nullOr types.str; default = null; };
    hosts = mkOption { type = types.attrsOf (types.listOf types.str); default = { }; };
    extraHosts = mkOption { type = types.lines; default = ""; };
    nameservers = mkOption { type = types.listOf types.str; default = [ ]; };
    useDHCP = mkOption { type = types.bool; default = true; };
    interfaces = mkOption { type = types.attrs; default = { }; };
    networkmanager.enable = lib.mkEnableOption "NetworkManager";
    nftables.enable = lib.mkEnableOption "nftables";
    proxy.envVars = mkOption { type = types.attrs; default = { }; };
    firewall = opening // {
      enable = mkOption { type = types.bool; default = true; };
      allowPing = mkOption { type = types.bool; default = true; };
      trustedInterfaces = mkOption { type = types.listOf types.str; default = [ ]; };
      extraCommands = mkOption { type = types.lines; default = ""; };
      extraInputRules = mkOption { type = types.lines; default = ""; };
      checkReversePath = mkOption { type = types.either types.bool (types.enum [ "strict" "loose" ]); default = true; };
      interfaces = mkOption { type = types.attrsOf (types.submodule { options = opening; }); default = { }; };
    };
  };
  config = {
    environment.etc."hostname".text = config.networking.hostName + "\n";
    system.activationScripts.hostname = ''printf %s ${lib.escapeShellArg config.networking.hostName} >/proc/sys/kernel/hostname'';
    systemd.services.firewall = lib.mkIf cfg.enable {
      description = "Firewall (a record of it)";
      wantedBy = [ "sysinit.target" ];
      reloadIfChanged = true;
      unitConfig.DefaultDependencies = false;
      after = [ "local-fs.target" ];
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
      script = "cp --remove-destination ${written} /run/lab-firewall.json";
      reload = "cp --remove-destination ${written} /run/lab-firewall.json";
    };
  };
}
