{
  # What an owner's flake has as its input `hwcsync`: the module of this project, and the programs that were built
  # for this machine (bin beside this file).
  description = "hwcsync, as the lab installs it";

  outputs =
    { self }:
    {
      lib.mkService = import ./nix/mk-service.nix;

      nixosModules.default =
        { lib, ... }:
        {
          imports = [ ./nix/module.nix ];
          services.hwcsync.package = lib.mkDefault (derivation {
            name = "hwcsync";
            system = "x86_64-linux";
            builder = "/bin/sh";
            args = [
              "-c"
              "mkdir $out && cp -r ${
                builtins.path {
                  path = ./bin;
                  name = "hwcsync-programs";
                }
              } $out/bin && chmod 755 $out/bin $out/bin/*"
            ];
            PATH = "/usr/bin:/bin";
          });
        };
    };
}
