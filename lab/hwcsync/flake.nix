{
  # What an owner's flake has as its input `hwcsync`: the module of this project, and the binary that was built for
  # this machine (bin/hwcsync beside this file).
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
              "mkdir -p $out/bin && cp ${
                builtins.path {
                  path = ./bin/hwcsync;
                  name = "hwcsync-binary";
                }
              } $out/bin/hwcsync && chmod 755 $out/bin/hwcsync"
            ];
            PATH = "/usr/bin:/bin";
          });
        };
    };
}
