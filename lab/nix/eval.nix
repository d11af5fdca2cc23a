# Evaluates modules as a NixOS host would and gives what a test looks at, as values that become JSON:
#   nix-instantiate --eval --strict --json lab/nix/eval.nix --arg modules '[ ./default.nix ]' --arg attrs '[ "systemd.services" ]'
# -> { config = { "systemd.services" = ...; }; failedAssertions = [ ... ]; warnings = [ ... ]; }
# `attrs` are dotted paths; a name that holds dots stands between double quotes inside the path. Functions become null and
# derivations their output path. With units = true the text of every unit file comes along, by file name.
{ modules, attrs ? [ ], specialArgs ? { }, units ? false }:
let
  lab = import ./default.nix { };
  inherit (lab) lib;
  system = lab.nixosSystem { inherit modules specialArgs; };
  plain = v:
    if lib.isDerivation v then v.outPath
    else if builtins.isFunction v then null
    else if builtins.isAttrs v then lib.mapAttrs (_: plain) v
    else if builtins.isList v then map plain v
    else if builtins.isPath v then toString v
    else v;
  # a."b.c".d -> [ "a" "b.c" "d" ]: what stands between quotes is the odd pieces.
  pathOf = text: lib.concatLists (lib.imap0
    (i: piece: if lib.mod i 2 == 1 then [ piece ] else lib.filter (n: n != "") (lib.splitString "." piece))
    (lib.splitString "\"" text));
  render = import ./modules/unit-options.nix { inherit lib; inherit (lab) pkgs; };
  texts = cfg: lib.mapAttrs (_: u: u) (lib.listToAttrs (map (u: lib.nameValuePair u.file u.text) (render.renderAll (render.kinds [ ]) cfg)));
in
{
  config = lib.genAttrs attrs (a: plain (lib.getAttrFromPath (pathOf a) system.config));
  failedAssertions = map (a: a.message) (lib.filter (a: !a.assertion) system.config.assertions);
  inherit (system.config) warnings;
} // lib.optionalAttrs units {
  units = lib.mapAttrs (_: builtins.unsafeDiscardStringContext) (texts system.config.systemd);
  userUnits = lib.mapAttrs (_: builtins.unsafeDiscardStringContext) (texts system.config.systemd.user);
}
