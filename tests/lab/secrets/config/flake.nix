{
  description = "A home server and its stacks";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    hwcsync.url = "github:hwcsync/hwcsync";
  };

  outputs =
    { nixpkgs, hwcsync, ... }:
    {
      nixosConfigurations.server = nixpkgs.lib.nixosSystem {
        system = "x86_64-linux";
        modules = [
          hwcsync.nixosModules.default
          ./hosts/server/configuration.nix
          ./generated/hwcsync/server
        ];
      };
    };
}
