# Declaring options, and merging the definitions of plain values.
{ lists, strings, attrsets, properties, generic, types }:
let
  showValue = v: let try = builtins.tryEval (generic.generators.toPretty { } v); in
    if try.success then try.value else "<value that fails>";
in
rec {
  mkOption = spec: spec // { _type = "option"; };
  mkEnableOption = what: mkOption {
    type = types.bool;
    default = false;
    example = true;
    description = "Whether to enable ${what}.";
  };
  mkPackageOption = pkgs: names: { default ? names, nullable ? false, ... }: mkOption {
    default = attrsets.getAttrFromPath (lists.toList default) pkgs;
    description = "The package to use.";
  };
  isOption = properties.isType "option";

  literalExpression = text: { _type = "literalExpression"; inherit text; };
  literalExample = literalExpression;
  literalMD = text: { _type = "literalMD"; inherit text; };
  mdDoc = text: text;

  # Names that are no identifiers are quoted, as a person would have to write them.
  showOption = path: strings.concatMapStringsSep "."
    (n: if builtins.match "[a-zA-Z_*<\\[][a-zA-Z0-9_' >*-]*.*" n != null && builtins.match ".*[.].*" n == null then n else builtins.toJSON n) path;
  showFiles = files: strings.concatMapStringsSep " and " (f: "`${f}'") files;
  showDefs = defs: strings.concatMapStrings (d: "\n- In `${d.file}': ${showValue d.value}") defs;
  getFiles = map (d: d.file);
  getValues = map (d: d.value);

  mergeOneOption = loc: defs:
    if builtins.length defs == 1 then (builtins.head defs).value
    else throw "The option `${showOption loc}' is defined multiple times while it's expected to be unique. Definition values:${showDefs defs}";
  mergeEqualOption = loc: defs:
    let first = (builtins.head defs).value; in
    if builtins.length defs == 1 || builtins.all (d: d.value == first) defs then first
    else throw "The option `${showOption loc}' has conflicting definition values:${showDefs defs}\nUse `lib.mkForce value` or `lib.mkDefault value` to change the priority on any of these definitions.";
}
