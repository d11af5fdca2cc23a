# Evaluates generated modules with a handful of stand-ins for what they use of NixOS: conditions, priorities and
# option declarations. Gives, per module, the configuration that it defines, as plain data. input.json lies beside
# this file, the generated files below ./files.
let
  input = builtins.fromJSON (builtins.readFile ./input.json);
  root = toString ./files;

  # Sets join, lists are appended, anything else is replaced.
  merge =
    a: b:
    if builtins.isAttrs a && builtins.isAttrs b then
      a
      // builtins.mapAttrs (name: value: if a ? ${name} then merge a.${name} value else value) b
    else if builtins.isList a && builtins.isList b then
      a ++ b
    else
      b;
  mergeAll = builtins.foldl' merge { };

  lib = {
    mkIf = condition: value: if condition then value else { };
    mkMerge = mergeAll;
    mkForce = value: value;
    mkDefault = value: value;
    mkOverride = _: value: value;
    mkBefore = value: value;
    mkOption = declaration: declaration // { _type = "option"; };
    mkEnableOption = name: {
      _type = "option";
      default = false;
      description = name;
    };
    types = {
      port = "port";
      str = "str";
    };
    optional = condition: value: if condition then [ value ] else [ ];
    optionalAttrs = condition: value: if condition then value else { };
    removeSuffix =
      suffix: text:
      let
        kept = builtins.stringLength text - builtins.stringLength suffix;
      in
      if kept >= 0 && builtins.substring kept (-1) text == suffix then builtins.substring 0 kept text else text;
  };

  # Content goes into the store only when a system is built: here a source is its place and its name.
  relative = path: builtins.substring (builtins.stringLength root + 1) (-1) (toString path);
  read = builtins.scopedImport {
    import = read;
    builtins = builtins // {
      path =
        { path, name }:
        {
          file = relative path;
          inherit name;
        };
    };
  };

  defaults =
    options:
    if options ? _type then
      (if options ? default then options.default else { })
    else
      builtins.mapAttrs (_: defaults) options;

  load =
    file:
    let
      module = read (root + "/${file}");
      value =
        if builtins.isFunction module then
          module {
            inherit config lib;
            pkgs.docker-compose = "docker-compose";
          }
        else
          module;
    in
    {
      imports = map relative (value.imports or [ ]);
      options = value.options or { };
      config = value.config or (removeAttrs value [
        "imports"
        "options"
      ]);
    };

  modules = builtins.listToAttrs (
    map (file: {
      name = file;
      value = load file;
    }) input.modules
  );

  # The options that modules read: what the surrounding system is taken to be, declared defaults, and the switches
  # that default.nix sets.
  config = mergeAll (
    [ input.assumed ]
    ++ map (file: defaults modules.${file}.options) input.declarations
    ++ [ modules."default.nix".config ]
  );
in
{
  imports = builtins.mapAttrs (_: module: module.imports) modules;
  config = builtins.mapAttrs (_: module: module.config) modules;
}
