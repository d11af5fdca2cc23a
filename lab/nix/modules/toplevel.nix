# The system as one store path: what nixos-rebuild builds, the profile points to and switch-to-configuration is in.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.system;
  snippet = types.coercedTo types.str (text: { inherit text; }) (types.submodule {
    options = {
      text = mkOption { type = types.lines; default = ""; };
      deps = mkOption { type = types.listOf types.str; default = [ ]; };
      supportsDryActivation = mkOption { type = types.bool; default = false; };
    };
  });
  # Dependencies first, else by name.
  ordered = lib.foldl' visit [ ] (lib.attrNames cfg.activationScripts);
  visit = done: name:
    if lib.elem name done then done
    else lib.foldl' visit done (cfg.activationScripts.${name} or (throw "system.activationScripts: nothing is called `${name}'")).deps ++ [ name ];
  # Together in one store path, for they import each other.
  tools = builtins.path { path = ../tools; name = "lab-tools"; filter = path: _: lib.hasSuffix ".py" path; };
  tool = file: "${tools}/${file}";

  activate = pkgs.writeShellScript "activate" ''
    # Makes this system the running one, except for its units. Every step is tried; the exit status tells whether one failed.
    systemConfig=@out@
    export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
    status=0
    umask 0022
    ${lib.concatMapStrings (n: ''
      _step() {
      :
      ${cfg.activationScripts.${n}.text}
      }
      ( set -e; _step ) || { printf 'Activation script snippet %s failed (%s)\n' ${lib.escapeShellArg "'${n}'"} $? >&2; status=1; }
    '') ordered}
    ln -sfn "$systemConfig" /run/current-system.new && mv -T /run/current-system.new /run/current-system
    exit $status
  '';
  failed = lib.filter (a: !a.assertion) config.assertions;
  checked = drv:
    if failed != [ ] then throw "\nFailed assertions:\n${lib.concatMapStringsSep "\n" (a: "- ${a.message}") failed}"
    else lib.foldr lib.warn drv config.warnings;
in
{
  options.system = {
    name = mkOption { type = types.str; default = if config.networking.hostName == "" then "unnamed" else config.networking.hostName; };
    nixos.label = mkOption { type = types.str; default = lib.version; };
    nixos.version = mkOption { type = types.str; default = lib.version; };
    activationScripts = mkOption { type = types.attrsOf snippet; default = { }; };
    userActivationScripts = mkOption { type = types.attrsOf snippet; default = { }; };
    extraDependencies = mkOption { type = types.listOf types.pathInStore; default = [ ]; };
    preSwitchChecks = mkOption { type = types.attrsOf types.str; default = { }; };
    initInterfaceVersion = mkOption { type = types.str; default = "systemd 2"; };
    path = mkOption { type = types.package; default = pkgs.symlinkJoin { name = "system-path"; paths = lib.unique config.environment.systemPackages; }; };
    systemBuilderCommands = mkOption { type = types.lines; default = ""; };
  };

  config.system = {
    activationScripts = {
      users.text = "${pkgs.python3}/bin/python3 ${tool "users.py"} ${cfg.build.usersFile}";
      etc = { deps = [ "users" ]; text = ''${pkgs.python3}/bin/python3 ${tool "etc.py"} "$systemConfig/etc"''; };
      specialfs.text = "mkdir -p /run/nixos";
    };
    build.toplevel = checked (pkgs.run "nixos-system-${cfg.name}-${cfg.nixos.label}" { } ''
      mkdir -p $out/bin
      ln -s ${cfg.build.etc}/etc $out/etc
      ln -s ${cfg.path} $out/sw
      ln -s ${cfg.build.units} $out/systemd-units
      printf %s ${lib.escapeShellArg cfg.nixos.label} >$out/nixos-version
      printf %s ${lib.escapeShellArg cfg.initInterfaceVersion} >$out/init-interface-version
      printf %s x86_64-linux >$out/system
      sed "s|@out@|$out|" ${activate} >$out/activate
      cat >$out/bin/switch-to-configuration <<EOF
      #!/bin/sh
      export TOPLEVEL=$out
      exec ${pkgs.python3}/bin/python3 ${tool "switch.py"} "\$@"
      EOF
      ${lib.optionalString (cfg.preSwitchChecks != { }) ''
        ln -s ${pkgs.writeShellScript "pre-switch-checks" ("set -e\n" + lib.concatLines (lib.attrValues cfg.preSwitchChecks))} $out/pre-switch-checks
      ''}
      ${lib.optionalString (cfg.extraDependencies != [ ]) "echo ${toString cfg.extraDependencies} >$out/extra-dependencies"}
      ${cfg.systemBuilderCommands}
      chmod 755 $out/activate $out/bin/switch-to-configuration
    '');
  };
}
