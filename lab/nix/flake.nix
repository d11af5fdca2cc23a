{
  description = "The lab's stand-in for nixpkgs: lib.nixosSystem and a few packages";
  outputs = { self }:
    let for = system: (import ./default.nix { inherit system; }); in
    {
      lib = (for "x86_64-linux").lib;
      legacyPackages.x86_64-linux = (for "x86_64-linux").pkgs;
      legacyPackages.aarch64-linux = (for "aarch64-linux").pkgs;
    };
}
