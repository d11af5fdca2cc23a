# The lab's stand-in for nixpkgs, outside flakes: { lib, pkgs, nixosSystem }.
{ system ? "x86_64-linux", ... }:
let
  base = import ./lib;
  pkgs = import ./pkgs.nix { inherit lib system; };
  nixosSystem = { modules, specialArgs ? { }, system ? null, pkgs ? pkgs', lib ? lib', extraArgs ? { }, ... }:
    lib'.evalModules {
      # `lib` and `pkgs` are the lab's; a configuration that brings a `pkgs` of its own may.
      modules = import ./modules ++ modules;
      specialArgs = { inherit lib; modulesPath = toString ./modules; } // specialArgs;
      args = { inherit pkgs; utils = { escapeSystemdExecArgs = lib'.escapeSystemdExecArgs; }; } // extraArgs;
    } // { inherit pkgs; };
  pkgs' = pkgs;
  lib = base // { inherit nixosSystem; nixos.evalModules = lib.evalModules; };
  lib' = lib;
in
{ inherit lib pkgs nixosSystem; }
