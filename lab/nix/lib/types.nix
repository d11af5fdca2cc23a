# Option types. A type is { name, description, check, merge, emptyValue? }; `merge loc defs` gets checked definitions.
{ lib }:
let
  inherit (builtins) isAttrs isList isString isInt isBool isFloat isFunction isPath all mapAttrs match typeOf;
  mkType = t: { _type = "option-type"; check = _: true; merge = lib.mergeOneOption; description = t.name; } // t;
  isPrintable = x: isString x || isPath x || (isAttrs x && (x ? outPath || x ? __toString));
  equal = name: description: check: mkType { inherit name description check; merge = lib.mergeEqualOption; };

  # Merges each name of attribute sets on its own. A strict set leaves out names whose every definition is switched off.
  attrsWith = { lazy }: elem: mkType rec {
    name = if lazy then "lazyAttrsOf" else "attrsOf";
    description = "${if lazy then "lazy " else ""}attribute set of ${elem.description}";
    check = isAttrs;
    emptyValue = { };
    merge = loc: defs:
      let merged = mapAttrs (n: lib.mergeDefinitions (loc ++ [ n ]) elem) (lib.byName loc defs); in
      if lazy then mapAttrs (_: m: m.value) merged
      else mapAttrs (_: m: m.value) (lib.filterAttrs (_: m: m.isDefined) merged);
    nestedTypes.elemType = elem;
  } // lib.optionalAttrs (elem ? join) { inherit elem; join = other: attrsWith { inherit lazy; } (elem.join other.elem); };

  types = rec {
    inherit mkOptionType;
    unspecified = mkType { name = "unspecified"; description = "unspecified value"; };
    raw = mkType { name = "raw"; description = "raw value"; };
    anything = mkType {
      name = "anything";
      merge = loc: defs:
        if all (d: isAttrs d.value && !(lib.isDerivation d.value)) defs then (lazyAttrsOf anything).merge loc defs
        else if all (d: isFunction d.value) defs && builtins.length defs > 1 then arg: anything.merge loc (map (d: d // { value = d.value arg; }) defs)
        else lib.mergeEqualOption loc defs;
    };
    bool = equal "bool" "boolean" isBool;
    boolByOr = mkType { name = "boolByOr"; description = "boolean (merged using or)"; check = isBool; merge = _: builtins.any (d: d.value); };
    int = equal "int" "signed integer" isInt;
    float = equal "float" "floating point number" isFloat;
    number = either int float;
    str = equal "str" "string" isString;
    singleLineStr = equal "singleLineStr" "(optionally newline-terminated) single-line string" (s: isString s && match "[^\n\r]*\n?" s != null);
    nonEmptyStr = equal "nonEmptyStr" "non-empty string" (s: isString s && match "[ \t\n]*" s == null);
    strMatching = pattern: equal "strMatching" "string matching the pattern ${pattern}" (s: isString s && match pattern s != null);
    separatedString = sep: mkType {
      name = "separatedString";
      description = if sep == "\n" then "strings concatenated with \"\\n\"" else "string separated by ${builtins.toJSON sep}";
      check = isString;
      merge = _: defs: lib.concatStringsSep sep (map (d: d.value) defs);
    };
    lines = separatedString "\n";
    commas = separatedString ",";
    envVar = separatedString ":";
    string = str;
    passwdEntry = entry: entry // { check = x: entry.check x && !(lib.hasInfix ":" (toString x)); };
    path = equal "path" "absolute path" (x: isPrintable x && builtins.substring 0 1 (toString x) == "/");
    pathInStore = equal "pathInStore" "path in the Nix store" (x: isPrintable x && lib.hasPrefix builtins.storeDir (toString x));
    externalPath = path;
    package = mkType { name = "package"; check = x: lib.isDerivation x || (isPrintable x && lib.hasPrefix builtins.storeDir (toString x)); };
    shellPackage = package;
    attrs = mkType {
      name = "attrs";
      description = "attribute set";
      check = isAttrs;
      emptyValue = { };
      merge = _: lib.foldl' (acc: d: acc // d.value) { };
    };
    ints = {
      between = low: high: equal "intBetween" "integer between ${toString low} and ${toString high} (both inclusive)" (x: isInt x && x >= low && x <= high);
      unsigned = equal "unsignedInt" "unsigned integer, meaning >=0" (x: isInt x && x >= 0);
      positive = equal "positiveInt" "positive integer, meaning >0" (x: isInt x && x > 0);
      u8 = ints.between 0 255;
      u16 = ints.between 0 65535;
      u32 = ints.between 0 4294967295;
    };
    port = equal "port" "16 bit unsigned integer; between 0 and 65535 (both inclusive)" ints.u16.check;
    enum = values: equal "enum" "one of ${lib.concatMapStringsSep ", " (lib.generators.toPretty { }) values}" (x: builtins.elem x values);
    functionTo = elem: mkType {
      name = "functionTo";
      description = "function that evaluates to a(n) ${elem.description}";
      check = isFunction;
      merge = loc: defs: arg: (lib.mergeDefinitions (loc ++ [ "<function body>" ]) elem (map (d: d // { value = d.value arg; }) defs)).value;
    };
    listOf = elem: mkType {
      name = "listOf";
      description = "list of ${elem.description}";
      check = isList;
      emptyValue = [ ];
      merge = loc: defs:
        let
          entry = n: d: lib.imap1 (m: value: lib.mergeDefinitions (loc ++ [ "[definition ${toString n}-entry ${toString m}]" ]) elem [{ inherit (d) file; inherit value; }]) d.value;
        in
        map (m: m.value) (builtins.filter (m: m.isDefined) (lib.concatLists (lib.imap1 entry defs)));
      nestedTypes.elemType = elem;
    };
    nonEmptyListOf = elem: listOf elem // { check = x: isList x && x != [ ]; description = "non-empty list of ${elem.description}"; };
    attrsOf = attrsWith { lazy = false; };
    lazyAttrsOf = attrsWith { lazy = true; };
    attrsWith' = attrsWith;
    loaOf = attrsOf;
    uniq = elem: elem // { merge = loc: defs: lib.mergeOneOption loc defs; };
    unique = _: uniq;
    nullOr = elem: mkType {
      name = "nullOr";
      description = "null or ${elem.description}";
      check = x: x == null || elem.check x;
      emptyValue = null;
      merge = loc: defs:
        let nulls = lib.count (d: d.value == null) defs; in
        if nulls == builtins.length defs then null
        else if nulls != 0 then throw "The option `${lib.showOption loc}' is defined both null and not null, in ${lib.showFiles (lib.getFiles defs)}."
        else elem.merge loc defs;
    };
    either = a: b: mkType {
      name = "either";
      description = "${a.description} or ${b.description}";
      check = x: a.check x || b.check x;
      merge = loc: defs:
        if all (d: a.check d.value) defs then a.merge loc defs
        else if all (d: b.check d.value) defs then b.merge loc defs
        else lib.mergeOneOption loc defs;
    };
    oneOf = ts: lib.foldl' either (builtins.head ts) (builtins.tail ts);
    coercedTo = from: f: to: mkType {
      name = "coercedTo";
      description = "${to.description} or ${from.description} convertible to it";
      check = x: (from.check x && to.check (f x)) || to.check x;
      merge = loc: defs: to.merge loc (map (d: if from.check d.value then d // { value = f d.value; } else d) defs);
    };
    addCheck = t: extra: t // { check = x: t.check x && extra x; };
    submodule = modules: submoduleWith { modules = lib.toList modules; };
    submoduleWith = { modules, specialArgs ? { }, shorthandOnlyDefinesConfig ? true, ... }: mkType rec {
      name = "submodule";
      inherit modules;
      check = x: isAttrs x || isFunction x || isPath x;
      emptyValue = (evaluate [ ] [ ]).config;
      evaluate = loc: extra: lib.evalModules {
        modules = modules ++ extra;
        inherit specialArgs;
        prefix = loc;
        args = if loc == [ ] then { } else { name = lib.last loc; };
      };
      merge = loc: defs: (evaluate loc (map
        (d: lib.setDefaultModuleLocation d.file (if isAttrs d.value then { config = d.value; } else d.value)) defs)).config;
      join = other: submoduleWith { modules = modules ++ other.modules; inherit specialArgs; };
      getSubOptions = prefix: (evaluate prefix [ ]).options;
    };
    deferredModule = mkType { name = "deferredModule"; description = "module"; merge = _: defs: { imports = map (d: lib.setDefaultModuleLocation d.file d.value) defs; }; };
    optionType = raw;
    json = anything;
  };
  mkOptionType = mkType;
in
types
