# services.caddy: the Caddyfile is rendered to /etc/caddy/Caddyfile; nothing serves it.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.services.caddy;
  lines = mkOption { type = types.lines; default = ""; };
  host = types.submodule ({ name, ... }: {
    options = {
      hostName = mkOption { type = types.str; default = name; };
      serverAliases = mkOption { type = types.listOf types.str; default = [ ]; };
      listenAddresses = mkOption { type = types.listOf types.str; default = [ ]; };
      useACMEHost = mkOption { type = types.nullOr types.str; default = null; };
      logFormat = mkOption { type = types.nullOr types.lines; default = null; };
      extraConfig = lines;
    };
  });
  block = h: "${lib.concatStringsSep " " ([ h.hostName ] ++ h.serverAliases)} {\n"
    + lib.optionalString (h.listenAddresses != [ ]) "\tbind ${toString h.listenAddresses}\n"
    + lib.concatMapStrings (l: "\t${l}\n") (lib.filter (l: l != "") (lib.splitString "\n" h.extraConfig)) + "}\n";
  globals = lib.optionalString (cfg.email != null) "\temail ${cfg.email}\n" + cfg.globalConfig;
in
{
  options.services.caddy = {
    enable = lib.mkEnableOption "Caddy";
    package = mkOption { type = types.nullOr types.package; default = null; };
    user = mkOption { type = types.str; default = "caddy"; };
    group = mkOption { type = types.str; default = "caddy"; };
    email = mkOption { type = types.nullOr types.str; default = null; };
    globalConfig = lines;
    extraConfig = lines;
    acmeCA = mkOption { type = types.nullOr types.str; default = null; };
    dataDir = mkOption { type = types.path; default = "/var/lib/caddy"; };
    enableReload = mkOption { type = types.bool; default = true; };
    environmentFile = mkOption { type = types.nullOr types.path; default = null; };
    virtualHosts = mkOption { type = types.attrsOf host; default = { }; };
    openFirewall = mkOption { type = types.bool; default = false; };
  };
  config = lib.mkIf cfg.enable {
    environment.etc."caddy/Caddyfile".text =
      lib.optionalString (globals != "") "{\n${globals}}\n" + lib.concatMapStrings block (lib.attrValues cfg.virtualHosts) + cfg.extraConfig;
    networking.firewall.allowedTCPPorts = lib.mkIf cfg.openFirewall [ 80 443 ];
    users.users.caddy = { isSystemUser = true; inherit (cfg) group; uid = 239; };
    users.groups.caddy.gid = 239;
  };
}
