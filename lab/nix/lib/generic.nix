# What belongs to no kind of value: functions, flow, warnings, file names, generators.
{ lists, strings, attrsets }:
rec {
  inherit (builtins) functionArgs seq deepSeq trace tryEval pathExists readFile readDir typeOf;
  inherit (builtins) add sub mul div lessThan bitAnd bitOr bitXor;

  id = x: x;
  const = x: _: x;
  pipe = lists.foldl' (x: f: f x);
  flip = f: a: b: f b a;
  fix = f: let x = f x; in x;
  mod = a: b: a - b * (a / b);
  min = a: b: if a < b then a else b;
  max = a: b: if a > b then a else b;
  isFunction = f: builtins.isFunction f || (f ? __functor && builtins.isFunction (f.__functor f));
  isFunctionLike = isFunction;
  toFunction = x: if builtins.isFunction x then x else _: x;
  setFunctionArgs = f: args: { __functor = _: f; __functionArgs = args; };
  boolToString = b: if b then "true" else "false";
  boolToYesNo = b: if b then "yes" else "no";
  mapNullable = f: x: if x == null then null else f x;
  defaultTo = default: x: if x == null then default else x;
  importJSON = path: builtins.fromJSON (builtins.readFile path);
  importTOML = path: builtins.fromTOML (builtins.readFile path);

  warn = message: builtins.trace "evaluation warning: ${message}";
  warnIf = cond: message: if cond then warn message else id;
  warnIfNot = cond: warnIf (!cond);
  throwIf = cond: message: if cond then throw message else id;
  throwIfNot = cond: throwIf (!cond);
  assertMsg = cond: message: cond || throw message;
  assertOneOf = name: x: xs:
    assertMsg (builtins.elem x xs) "${name} must be one of ${generators.toPretty { } xs}, but is ${generators.toPretty { } x}";

  cleanSource = path: path;
  sourceFilesBySuffices = path: _: path;
  sourceByRegex = path: _: path;
  platforms = { linux = [ "x86_64-linux" "aarch64-linux" ]; };

  generators = rec {
    toJSON = _: builtins.toJSON;
    toYAML = toJSON;
    mkValueStringDefault = _: v:
      if v == true then "true" else if v == false then "false" else if v == null then "null" else toString v;
    mkKeyValueDefault = { mkValueString ? mkValueStringDefault { } }: sep: k: v: "${k}${sep}${mkValueString v}";
    toKeyValue = { mkKeyValue ? mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false, ... }: set:
      strings.concatLines (builtins.concatLists (attrsets.mapAttrsToList
        (k: v: if listsAsDuplicateKeys then map (mkKeyValue k) (lists.toList v) else [ (mkKeyValue k v) ]) set));
    toINI = { mkKeyValue ? mkKeyValueDefault { } "=", listsAsDuplicateKeys ? false, ... }: sections:
      strings.concatStringsSep "\n" (attrsets.mapAttrsToList
        (name: set: "[${name}]\n" + toKeyValue { inherit mkKeyValue listsAsDuplicateKeys; } set) sections);
    # For error messages: short, one line, and safe on values that cannot be printed.
    toPretty = _: v:
      let kind = builtins.typeOf v; in
      if kind == "set" then
        if attrsets.isDerivation v then "<derivation ${v.name or "?"}>"
        else "{ ${strings.concatStringsSep " " (map (n: "${n} = ${toPretty { } v.${n}};") (builtins.attrNames v))} }"
      else if kind == "list" then "[ ${strings.concatMapStringsSep " " (toPretty { }) v} ]"
      else if kind == "string" then builtins.toJSON v
      else if kind == "null" then "null"
      else if kind == "bool" then boolToString v
      else if kind == "lambda" then "<function>"
      else toString v;
  };
}
