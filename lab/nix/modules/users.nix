# Users and groups. Activation merges them into the files of the distribution (users.mutableUsers = true).
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types;
  cfg = config.users;
  nullable = type: mkOption { type = types.nullOr type; default = null; };
  range = start: types.submodule {
    options = { ${start} = mkOption { type = types.int; }; count = mkOption { type = types.int; default = 1; }; };
  };
  user = types.submodule ({ name, config, ... }: {
    options = {
      enable = mkOption { type = types.bool; default = true; };
      name = mkOption { type = types.str; default = name; };
      uid = nullable types.int;
      description = mkOption { type = types.singleLineStr; default = ""; };
      isNormalUser = mkOption { type = types.bool; default = false; };
      isSystemUser = mkOption { type = types.bool; default = false; };
      group = mkOption { type = types.str; default = ""; };
      extraGroups = mkOption { type = types.listOf types.str; default = [ ]; };
      home = mkOption { type = types.path; default = "/var/empty"; };
      homeMode = mkOption { type = types.strMatching "[0-7]{1,5}"; default = "700"; };
      createHome = mkOption { type = types.bool; default = false; };
      shell = mkOption { type = types.nullOr (types.either types.package types.path); default = "/run/current-system/sw/bin/nologin"; };
      useDefaultShell = mkOption { type = types.bool; default = false; };
      ignoreShellProgramCheck = mkOption { type = types.bool; default = false; };
      linger = mkOption { type = types.nullOr types.bool; default = false; };
      subUidRanges = mkOption { type = types.listOf (range "startUid"); default = [ ]; };
      subGidRanges = mkOption { type = types.listOf (range "startGid"); default = [ ]; };
      autoSubUidGidRange = mkOption { type = types.bool; default = false; };
      password = nullable types.str;
      hashedPassword = nullable types.str;
      hashedPasswordFile = nullable types.str;
      initialPassword = nullable types.str;
      initialHashedPassword = nullable types.str;
      packages = mkOption { type = types.listOf types.package; default = [ ]; };
      openssh.authorizedKeys.keys = mkOption { type = types.listOf types.singleLineStr; default = [ ]; };
      openssh.authorizedKeys.keyFiles = mkOption { type = types.listOf types.path; default = [ ]; };
      expires = nullable types.str;
    };
    config = lib.mkMerge [
      (lib.mkIf config.isNormalUser {
        group = lib.mkDefault "users";
        createHome = lib.mkDefault true;
        home = lib.mkDefault "/home/${config.name}";
        useDefaultShell = lib.mkDefault true;
        autoSubUidGidRange = lib.mkIf (config.subUidRanges == [ ] && config.subGidRanges == [ ]) (lib.mkDefault true);
      })
      (lib.mkIf config.useDefaultShell { shell = lib.mkOverride 1400 "/bin/bash"; })
    ];
  });
  group = types.submodule ({ name, ... }: {
    options = {
      name = mkOption { type = types.str; default = name; };
      gid = nullable types.int;
      members = mkOption { type = types.listOf types.str; default = [ ]; };
    };
  });
  users = lib.filterAttrs (_: u: u.enable) cfg.users;
  lingering = want: lib.attrNames (lib.filterAttrs (_: u: u.linger == want && u.uid != 0) users);
in
{
  options.users = {
    users = mkOption { type = types.attrsOf user; default = { }; };
    groups = mkOption { type = types.attrsOf group; default = { }; };
    extraUsers = mkOption { type = types.attrs; default = { }; };
    mutableUsers = mkOption { type = types.bool; default = true; };
    defaultUserShell = mkOption { type = types.either types.path types.package; default = "/bin/bash"; };
    manageLingering = mkOption { type = types.bool; default = true; };
    motd = nullable types.lines;
  };

  config = {
    users.users.root = { uid = 0; group = "root"; home = "/root"; shell = lib.mkDefault "/bin/bash"; isSystemUser = true; };
    users.groups = { root.gid = 0; users.gid = 100; wheel.gid = 1; };
    assertions = lib.concatLists (lib.mapAttrsToList
      (n: u: [
        {
          assertion = u.isNormalUser != u.isSystemUser;
          message = "Exactly one of users.users.${n}.isSystemUser and users.users.${n}.isNormalUser must be set.";
        }
        {
          assertion = u.group != "";
          message = "users.users.${n}.group is unset. This used to default to nogroup, but this is unsafe. For example you can create a group for this user with:\nusers.users.${n}.group = \"${n}\";\nusers.groups.${n} = {};";
        }
        {
          assertion = u.group == "" || cfg.groups ? ${u.group};
          message = "users.users.${n}.group refers to the group `${u.group}', which users.groups does not define";
        }
      ])
      users)
    ++ (
      let uids = lib.filter (u: u != null) (lib.mapAttrsToList (_: u: u.uid) users); in
      [{ assertion = lib.allUnique uids; message = "UIDs and GIDs must be unique!"; }]
    );

    system.build.usersFile = pkgs.writeText "users-groups.json" (builtins.toJSON {
      users = map
        (u: {
          inherit (u) name uid description isNormalUser group extraGroups home homeMode createHome subUidRanges subGidRanges autoSubUidGidRange;
          shell = toString u.shell;
        })
        (lib.attrValues users);
      groups = map (g: { inherit (g) name gid members; }) (lib.attrValues cfg.groups);
    });

    # As NixOS: lingering is brought about by a unit, so it comes after activation and before what waits for it.
    systemd.services.linger-users = {
      wantedBy = [ "multi-user.target" ];
      after = [ "systemd-logind.service" ];
      requires = [ "systemd-logind.service" ];
      serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
      script = ''
        for user in ${toString (lingering true)}; do loginctl enable-linger "$user"; done
        for user in ${toString (lingering false)}; do
          if [ -e "/var/lib/systemd/linger/$user" ]; then loginctl disable-linger "$user"; fi
        done
      '';
    };
  };
}
