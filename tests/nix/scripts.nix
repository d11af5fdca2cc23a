# What the units of style oci run, evaluated in the lab: { scripts, units, failed, ... } as plain text.
{ source, modules }:
let
  lab = import (source + "/lab/nix") { };
  inherit (lab) lib;
  inherit (lab.nixosSystem { inherit modules; }) config;
  containers = lib.filterAttrs (name: _: lib.hasPrefix "podman-" name) config.systemd.services;
  prepare = lib.filterAttrs (name: _: lib.hasSuffix "-prepare" name) config.systemd.services;
  plain = builtins.unsafeDiscardStringContext;
  texts = value: map (x: plain (toString x)) (lib.toList value);
in
{
  scripts =
    if config.virtualisation.oci-containers.backend == "podman" then
      lib.mapAttrs (_: unit: plain unit.script) containers
    else
      { };
  # Only what generated modules say themselves: NixOS' own scripts would have to be built.
  units = lib.mapAttrs (_: unit: {
    inherit (unit)
      after
      wants
      requires
      requiredBy
      bindsTo
      partOf
      ;
    config = lib.mapAttrs (_: texts) (
      removeAttrs unit.serviceConfig [
        "ExecStart"
        "ExecStartPre"
        "ExecStop"
        "ExecStopPost"
      ]
    );
    start = texts (unit.serviceConfig.ExecStart or [ ]);
    description = plain unit.description;
  }) (containers // prepare);
  options = lib.mapAttrs (_: lib.attrNames) config.virtualisation.oci-containers.containers;
  tmpfiles = config.systemd.tmpfiles.rules;
  firewall = config.networking.firewall.interfaces;
  caddy = lib.mapAttrs (_: host: plain host.extraConfig) config.services.caddy.virtualHosts;
  failed = map (a: a.message) (lib.filter (a: !a.assertion) config.assertions);
}
