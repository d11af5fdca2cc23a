# The module evaluator: collects modules, merges what they declare, merges what they define.
{ lib }:
let
  inherit (builtins) isAttrs isFunction isList isString isPath functionArgs mapAttrs attrNames concatMap concatLists filter foldl';
  inherit (lib) isType isOption showOption showFiles;

  # ---- collecting -------------------------------------------------------------------------------------------------

  # One module in whatever form it was written -> { key, file, imports, options, config, freeform }.
  normalize = args: fallback: m:
    let
      isFile = isPath m || isString m || (isAttrs m && m ? outPath && !(m ? config) && !(m ? options) && !(m ? imports) && !(m ? _file));
      file = if isFile then toString m else fallback;
      body = if isFile then import m else m;
      called = if lib.isFunctionLike body then callModule args body else body;
      set =
        if called ? _type && builtins.elem called._type [ "if" "merge" "override" ] then { config = called; }
        else if isAttrs called then called
        else throw "module `${file}' does not look like a module: it is a ${builtins.typeOf called}";
      structured = set ? config || set ? options;
      known = [ "imports" "options" "config" "_file" "key" "_class" "disabledModules" "freeformType" "meta" ];
      stray = attrNames (removeAttrs set known);
    in
    if structured && stray != [ ] then
      throw "Module `${set._file or file}' has an unsupported attribute `${builtins.head stray}'. This is caused by introducing a top-level `config' or `options' attribute. Add configuration attributes immediately on the top level instead, or move all of them (namely: ${lib.concatStringsSep " " stray}) into the explicit `config' attribute."
    else {
      key = if isFile then toString m else set.key or null;
      file = set._file or file;
      imports = set.imports or [ ];
      options = if structured then set.options or { } else { };
      config =
        let plain = if structured then set.config or { } else removeAttrs set [ "imports" "_file" "key" "_class" "disabledModules" "freeformType" ];
        in if set ? freeformType then lib.mkMerge [ plain { _module.freeformType = set.freeformType; } ] else plain;
    };

  # A module gets exactly the arguments that it names; values are looked up only when used, so an argument may come
  # from `_module.args`, which is itself configuration.
  callModule = args: f:
    let
      wanted = lib.functionArgsOf f;
      named = mapAttrs (name: _: args.${name} or args.config._module.args.${name}) wanted;
    in
    f (args // named);

  collect = args: modules:
    let
      visit = state: parent: module:
        let m = normalize args parent module; in
        if m.key != null && state.seen ? ${m.key} then state
        else
          let
            state' = { seen = if m.key == null then state.seen else state.seen // { ${m.key} = true; }; inherit (state) found; };
            inner = foldl' (s: visit s m.file) state' m.imports;
          in
          inner // { found = inner.found ++ [ m ]; };
    in
    (foldl' (s: visit s "<unknown-file>") { seen = { }; found = [ ]; } modules).found;

  # ---- declarations -----------------------------------------------------------------------------------------------

  # Merges [ { file, options } ] into one tree whose leaves are options with their declaring files.
  mergeDeclarations = loc: decls:
    builtins.zipAttrsWith
      (name: parts:
        let
          here = loc ++ [ name ];
          leaves = filter (p: isOption p.options) parts;
        in
        if leaves == [ ] then mergeDeclarations here parts
        else if builtins.length leaves != builtins.length parts then
          throw "The option `${showOption here}' in ${showFiles (map (p: p.file) leaves)} would be a parent of options declared in ${showFiles (map (p: p.file) (filter (p: !(isOption p.options)) parts))}."
        else joinOption here leaves)
      (map (d: mapAttrs (_: options: { inherit (d) file; inherit options; }) d.options) decls);

  joinOption = loc: leaves:
    let
      files = map (l: l.file) leaves;
      first = (builtins.head leaves).options;
      joinable = builtins.all (l: l.options ? type && l.options.type ? join) leaves;
    in
    if builtins.length leaves == 1 then first // { inherit loc; declarations = files; }
    else if joinable then
      foldl' (a: b: a // b) { } (map (l: l.options) leaves)
      // { inherit loc; declarations = files; type = foldl' (a: b: a.join b.options.type) first.type (builtins.tail leaves); }
    else throw "The option `${showOption loc}' in ${showFiles [ (lib.last files) ]} is already declared in ${showFiles (lib.init files)}.";

  # ---- definitions ------------------------------------------------------------------------------------------------

  # Moves mkIf, mkMerge and priorities one level down into an attribute set, without looking at any condition.
  pushDown = def:
    let v = def.value; again = value: pushDown (def // { inherit value; }); in
    if isType "merge" v then concatMap again v.contents
    else if isType "if" v then map (d: d // { value = mapAttrs (_: lib.mkIf v.condition) d.value; }) (again v.content)
    else if isType "override" v then map (d: d // { value = mapAttrs (_: lib.mkOverride v.priority) d.value; }) (again v.content)
    else if isType "order" v then throw "lib.mkOrder, mkBefore and mkAfter cannot be used on a whole attribute set (in `${def.file}')"
    else [ def ];

  # { name = [ { file, value } ]; } for every name that the definitions set.
  byName = loc: defs:
    builtins.zipAttrsWith (_: vs: vs)
      (map
        (d:
          if isAttrs d.value then mapAttrs (_: value: { inherit (d) file; inherit value; }) d.value
          else throw "The option path `${showOption loc}' is an attribute set of options, but it has a definition in ${showFiles [ d.file ]} that is a ${builtins.typeOf d.value}: did you try to set a value to a parent of options?")
        (concatMap pushDown defs));

  # Resolves conditions, keeps the definitions of the strongest priority, sorts by order.
  resolve = defs:
    let
      discharge = def:
        let v = def.value; again = value: discharge (def // { inherit value; }); in
        if isType "merge" v then concatMap again v.contents
        else if isType "if" v then
          (if !(builtins.isBool v.condition) then throw "`mkIf' was given a condition that is no boolean (in `${def.file}')"
          else if v.condition then again v.content else [ ])
        else if isType "override" v then map (d: { inherit (v) priority; } // d // (if d ? priority then { } else { inherit (v) priority; })) (again v.content)
        else if isType "order" v then map (d: { order = v.priority; } // d) (again v.content)
        else [ def ];
      all = concatMap discharge defs;
      priorityOf = d: d.priority or lib.defaultOverridePriority;
      strongest = foldl' (p: d: if priorityOf d < p then priorityOf d else p) 9999 all;
      kept = filter (d: priorityOf d == strongest) all;
      ordered =
        if builtins.any (d: d ? order) kept
        then builtins.sort (a: b: (a.order or lib.defaultOrderPriority) < (b.order or lib.defaultOrderPriority)) kept
        else kept;
    in
    { values = map (d: { inherit (d) file value; }) ordered; priority = strongest; };

  # The merged value of one option or element; `isDefined` says whether there is one.
  mergeDefinitions = loc: type: defs:
    let
      r = resolve defs;
      wrong = filter (d: !(type.check d.value)) r.values;
    in
    {
      inherit (r) values priority;
      isDefined = r.values != [ ];
      value =
        if r.values == [ ] then
          (if type ? emptyValue then type.emptyValue
          else throw "The option `${showOption loc}' was accessed but has no value defined. Try setting the option.")
        else if wrong != [ ] then
          throw "A definition for option `${showOption loc}' is not of type `${type.description}'. Definition values:${lib.showDefs wrong}"
        else type.merge loc r.values;
    };

  evalOption = loc: opt: defs:
    let
      type = opt.type or lib.types.unspecified;
      withDefault = defs ++ (if opt ? default then [{ file = builtins.head opt.declarations; value = lib.mkOptionDefault opt.default; }] else [ ]);
      merged =
        if (opt.readOnly or false) && builtins.length (resolve withDefault).values > 1
        then throw "The option `${showOption loc}' is read-only, but it's set multiple times. Definition values:${lib.showDefs (resolve withDefault).values}"
        else mergeDefinitions loc type withDefault;
    in
    opt // {
      inherit type loc;
      value = (opt.apply or (v: v)) merged.value;
      inherit (merged) isDefined;
      highestPrio = merged.priority;
      definitions = map (d: d.value) merged.values;
      definitionsWithLocations = merged.values;
      files = map (d: d.file) merged.values;
      __toString = _: showOption loc;
    };

  # ---- evaluation -------------------------------------------------------------------------------------------------

  evalTree = prefix: decls: defs:
    let
      # Each node is { options, config, strays }: strays are definitions that no declaration covers.
      node = loc: tree: defsHere:
        let
          named = byName loc defsHere;
          child = name: sub:
            if isOption sub then
              let o = evalOption (loc ++ [ name ]) sub (named.${name} or [ ]); in { options = o; config = o.value; strays = [ ]; }
            else node (loc ++ [ name ]) sub (named.${name} or [ ]);
          children = mapAttrs child tree;
        in
        {
          options = mapAttrs (_: c: c.options) children;
          config = mapAttrs (_: c: c.config) children;
          strays =
            concatMap (name: map (d: d // { loc = loc ++ [ name ]; }) named.${name}) (filter (n: !(tree ? ${n})) (attrNames named))
            ++ concatMap (n: children.${n}.strays) (attrNames children);
        };
    in
    node prefix (mergeDeclarations prefix decls) defs;

  evalModules = { modules, specialArgs ? { }, prefix ? [ ], args ? { }, check ? true, ... }:
    let
      internal = {
        _file = "<module evaluator>";
        options._module = {
          args = lib.mkOption { type = lib.types.lazyAttrsOf lib.types.raw; default = { }; };
          check = lib.mkOption { type = lib.types.bool; default = check; };
          freeformType = lib.mkOption { type = lib.types.nullOr lib.types.raw; default = null; };
        };
        config._module.args = args;
      };
      found = collect ({ inherit lib; options = tree.options; config = full; } // specialArgs) (modules ++ [ internal ]);
      tree = evalTree prefix
        (map (m: { inherit (m) file options; }) found)
        (map (m: { inherit (m) file; value = m.config; }) found);
      freeform = tree.config._module.freeformType;
      free = freeform.merge prefix (map
        (s: { inherit (s) file; value = lib.setAttrByPath (lib.drop (builtins.length prefix) s.loc) s.value; }) tree.strays);
      full = if freeform == null then tree.config else lib.recursiveUpdate free tree.config;
      stray = builtins.head tree.strays;
      complaint = throw "The option `${showOption stray.loc}' does not exist. Definition values:${lib.showDefs (map (s: { inherit (s) file value; }) (filter (s: s.loc == stray.loc) tree.strays))}";
      checked = x: if tree.config._module.check && freeform == null && tree.strays != [ ] then complaint else x;
    in
    {
      options = checked tree.options;
      config = checked (removeAttrs full [ "_module" ]);
      _module = checked tree.config._module;
      type = lib.types.submoduleWith { inherit modules specialArgs; };
      extendModules = extra: evalModules {
        modules = modules ++ (extra.modules or [ ]);
        specialArgs = specialArgs // (extra.specialArgs or { });
        inherit prefix args check;
      };
    };
in
{
  inherit evalModules mergeDefinitions pushDown byName;
  functionArgsOf = f: f.__functionArgs or (functionArgs (if f ? __functor then f.__functor f else f));
  setDefaultModuleLocation = file: m: { _file = file; imports = [ m ]; };
  mkAliasDefinitions = opt: lib.mkMerge opt.definitions;
}
