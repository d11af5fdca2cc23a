# environment.etc and its neighbours. The result is one directory that activation links into /etc through /etc/static.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  entry = types.submodule ({ name, config, options, ... }: {
    options = {
      enable = mkOption { type = types.bool; default = true; };
      target = mkOption { type = types.str; default = name; };
      text = mkOption { type = types.nullOr types.lines; default = null; };
      source = mkOption { type = types.path; };
      # "symlink", "direct-symlink" or an octal mode; a mode makes a copy.
      mode = mkOption { type = types.str; default = "symlink"; };
      uid = mkOption { type = types.int; default = 0; };
      gid = mkOption { type = types.int; default = 0; };
      user = mkOption { type = types.str; default = "+${toString config.uid}"; };
      group = mkOption { type = types.str; default = "+${toString config.gid}"; };
    };
    config.source = lib.mkIf (config.text != null) (
      lib.mkOverride (options.text.highestPrio + 0) (pkgs.writeText "etc-${lib.replaceStrings [ "/" "@" " " ] [ "-" "-" "-" ] name}" config.text));
  });
  entries = lib.filter (e: e.enable) (lib.attrValues config.environment.etc);
  targets = map (e: e.target) entries;
in
{
  options.environment = {
    etc = mkOption { type = types.attrsOf entry; default = { }; };
    systemPackages = mkOption { type = types.listOf types.package; default = [ ]; };
    pathsToLink = mkOption { type = types.listOf types.str; default = [ ]; };
    variables = mkOption { type = types.attrsOf (types.oneOf [ types.str types.int types.path (types.listOf types.str) ]); default = { }; };
    sessionVariables = mkOption { type = types.attrsOf (types.oneOf [ types.str types.int types.path (types.listOf types.str) ]); default = { }; };
    shellAliases = mkOption { type = types.attrsOf (types.nullOr types.str); default = { }; };
    extraInit = mkOption { type = types.lines; default = ""; };
    interactiveShellInit = mkOption { type = types.lines; default = ""; };
    defaultPackages = mkOption { type = types.listOf types.package; default = [ ]; };
  };

  config = {
    assertions = [{
      assertion = lib.allUnique targets;
      message = "environment.etc: two entries have the same target";
    }];
    environment.etc."set-environment".text = lib.concatStrings (lib.mapAttrsToList
      (n: v: "export ${n}=${lib.escapeShellArg (lib.concatMapStringsSep ":" toString (lib.toList v))}\n")
      (config.environment.sessionVariables // config.environment.variables));
    environment.systemPackages = with pkgs; [ bash coreutils findutils gnugrep gnused gawk diffutils gnutar gzip util-linux systemd shadow procps nix nixos-rebuild getent curl openssh iproute2 ];

    # Copies carry their mode, user and group beside them, for activation to read.
    system.build.etc = pkgs.run "etc" { } (''
      mkdir -p $out/etc
      add() { # SOURCE TARGET MODE USER GROUP
        mkdir -p "$out/etc/$(dirname "$2")"
        if [ -e "$out/etc/$2" ]; then echo "environment.etc: duplicate entry $2" >&2; exit 1; fi
        ln -s "$1" "$out/etc/$2"
        if [ "$3" != symlink ]; then echo "$3" >"$out/etc/$2.mode"; echo "$4" >"$out/etc/$2.uid"; echo "$5" >"$out/etc/$2.gid"; fi
      }
    '' + lib.concatMapStrings
      (e: "add ${lib.escapeShellArgs [ "${e.source}" e.target e.mode e.user e.group ]}\n")
      entries);
  };
}
