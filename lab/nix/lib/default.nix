# The part of nixpkgs' `lib` that modules commonly call, written for the lab.
let
  lists = import ./lists.nix;
  strings = import ./strings.nix { inherit lists; };
  attrsets = import ./attrsets.nix { inherit lists strings; };
  properties = import ./properties.nix;
  generic = import ./generic.nix { inherit lists strings attrsets; };
  options = import ./options.nix { inherit lists strings attrsets properties generic types; };
  modules = import ./modules.nix { inherit lib; };
  types = import ./types.nix { inherit lib; };

  lib = lists // strings // attrsets // properties // generic // options // modules // {
    inherit lists strings attrsets types modules;
    trivial = generic;
    options = options;
    generators = generic.generators;
    systems = { examples = { }; };
    maintainers = { };
    licenses = { mit.spdxId = "MIT"; gpl3Plus.spdxId = "GPL-3.0-or-later"; asl20.spdxId = "Apache-2.0"; };
    platforms = { linux = [ "x86_64-linux" "aarch64-linux" ]; all = [ "x86_64-linux" "aarch64-linux" ]; };
    version = "26.05.lab";
    versions = { major = v: builtins.head (builtins.splitVersion v); };
  };
in
lib
