# The rest of systemd.*: tmpfiles, sysusers-like odds and ends, manager settings.
{ config, lib, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.systemd;
  rule = types.submodule ({ name, ... }: {
    options = {
      type = mkOption { type = types.str; default = name; };
      mode = mkOption { type = types.str; default = "-"; };
      user = mkOption { type = types.str; default = "-"; };
      group = mkOption { type = types.str; default = "-"; };
      age = mkOption { type = types.str; default = "-"; };
      argument = mkOption { type = types.str; default = ""; };
    };
  });
  quoted = path: if builtins.match "[^ \t\"\\\\]+" path == null then builtins.toJSON path else path;
  settingLines = set: lib.concatStrings (lib.concatLists (lib.mapAttrsToList
    (path: types: lib.mapAttrsToList (_: r: "${r.type} ${quoted path} ${r.mode} ${r.user} ${r.group} ${r.age} ${r.argument}\n") types) set));
in
{
  options.systemd = {
    package = mkOption { type = types.raw; default = null; };
    packages = mkOption { type = types.listOf types.package; default = [ ]; };
    globalEnvironment = mkOption { type = types.attrsOf types.str; default = { }; };
    extraConfig = mkOption { type = types.lines; default = ""; };
    settings.Manager = mkOption { type = types.attrs; default = { }; };
    tmpfiles.rules = mkOption { type = types.listOf types.str; default = [ ]; };
    tmpfiles.settings = mkOption { type = types.attrsOf (types.attrsOf (types.attrsOf rule)); default = { }; };
    tmpfiles.packages = mkOption { type = types.listOf types.package; default = [ ]; };
    user.tmpfiles.rules = mkOption { type = types.listOf types.str; default = [ ]; };
    user.tmpfiles.users = mkOption {
      type = types.attrsOf (types.submodule { options.rules = mkOption { type = types.listOf types.str; default = [ ]; }; });
      default = { };
    };
    user.extraConfig = mkOption { type = types.lines; default = ""; };
  };
  config.environment.etc = {
    "tmpfiles.d/00-nixos.conf".text = lib.concatLines ([ "# from systemd.tmpfiles.rules" ] ++ cfg.tmpfiles.rules);
  } // lib.mapAttrs' (name: set: lib.nameValuePair "tmpfiles.d/${name}.conf" { text = settingLines set; }) cfg.tmpfiles.settings;
}
