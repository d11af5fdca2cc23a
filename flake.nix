{
  description = "hwcsync keeps a NixOS host in step with a Git repository of container stacks";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      eachSystem = f: lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = eachSystem (pkgs: rec {
        hwcsync = pkgs.callPackage ./nix/package.nix { };
        default = hwcsync;
      });

      overlays.default = final: _: {
        hwcsync = final.callPackage ./nix/package.nix { };
      };

      nixosModules = rec {
        hwcsync = ./nix/module.nix;
        default = hwcsync;
      };

      # mkService for hand-written modules: (hwcsync.lib.mkService { inherit config lib; }).mkService { ... }
      lib.mkService = import ./nix/mk-service.nix;

      devShells = eachSystem (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ self.packages.${pkgs.stdenv.hostPlatform.system}.default ];
          packages = [
            pkgs.catch2_3
            pkgs.clang-tools
            pkgs.gbenchmark
          ];
        };
      });
    };
}
