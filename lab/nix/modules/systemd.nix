# systemd.{services,...} and systemd.user.{services,...}: option sets in, two directories of unit files out.
{ config, lib, pkgs, ... }:
let
  unit = import ./unit-options.nix { inherit lib pkgs; };
  cfg = config.systemd;
  # What every NixOS service finds on its PATH, and nothing more.
  defaultPath = [ pkgs.coreutils pkgs.findutils pkgs.gnugrep pkgs.gnused pkgs.systemd ];
  kinds = unit.kinds defaultPath;
  # A mount's unit is named after its directory: a/b-c becomes a-b\x2dc.
  unitOf = path:
    let bare = lib.removeSuffix "/" (lib.removePrefix "/" path); in
    if bare == "" then "-" else lib.replaceStrings [ "/" "-" " " ] [ "-" "\\x2d" "\\x20" ] bare;
  mounts = lib.concatLists (lib.mapAttrsToList
    (kind: k: map (m: { file = "${unitOf m.where}.${k.suffix}"; text = k.text m; inherit (m) enable overrideStrategy aliases wantedBy requiredBy upheldBy; }) cfg.${kind})
    unit.mountKinds);
  timersOf = services: lib.mapAttrs (_: s: { wantedBy = [ "timers.target" ]; timerConfig.OnCalendar = s.startAt; })
    (lib.filterAttrs (_: s: s.enable && s.startAt != [ ]) services);
in
{
  options.systemd = lib.mapAttrs (_: unit.optionOf) kinds // lib.mapAttrs (_: unit.listOptionOf) unit.mountKinds // {
    user = lib.mapAttrs (_: unit.optionOf) kinds;
  };
  options.system.build = lib.mkOption { type = lib.types.lazyAttrsOf lib.types.unspecified; default = { }; };

  config = {
    systemd.timers = timersOf cfg.services;
    systemd.user.timers = timersOf cfg.user.services;
    system.build.units = unit.directory "system-units" "/usr/lib/systemd/system" (unit.renderAll kinds cfg ++ mounts);
    system.build.userUnits = unit.directory "user-units" "/usr/lib/systemd/user" (unit.renderAll kinds cfg.user);
    environment.etc."systemd/system".source = config.system.build.units;
    environment.etc."systemd/user".source = config.system.build.userUnits;
  };
}
