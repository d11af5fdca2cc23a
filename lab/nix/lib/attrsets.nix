# Attribute sets.
{ lists, strings }:
let
  inherit (builtins) attrNames isAttrs listToAttrs mapAttrs;
in
rec {
  inherit (builtins) attrNames attrValues isAttrs listToAttrs mapAttrs removeAttrs intersectAttrs catAttrs hasAttr getAttr zipAttrsWith;

  nameValuePair = name: value: { inherit name value; };
  mapAttrs' = f: set: listToAttrs (map (n: f n set.${n}) (attrNames set));
  mapAttrsToList = f: set: map (n: f n set.${n}) (attrNames set);
  attrsToList = mapAttrsToList nameValuePair;
  concatMapAttrs = f: set: lists.foldl' (a: b: a // b) { } (mapAttrsToList f set);
  filterAttrs = pred: set: removeAttrs set (builtins.filter (n: !(pred n set.${n})) (attrNames set));
  genAttrs = names: f: listToAttrs (map (n: nameValuePair n (f n)) names);
  genAttrs' = names: f: listToAttrs (map f names);
  optionalAttrs = cond: set: if cond then set else { };
  getAttrs = names: set: genAttrs names (n: set.${n});
  attrVals = names: set: map (n: set.${n}) names;
  attrByPath = path: default: set:
    if path == [ ] then set
    else if isAttrs set && set ? ${builtins.head path} then attrByPath (builtins.tail path) default set.${builtins.head path}
    else default;
  hasAttrByPath = path: set:
    path == [ ] || (isAttrs set && set ? ${builtins.head path} && hasAttrByPath (builtins.tail path) set.${builtins.head path});
  getAttrFromPath = path: attrByPath path (throw "lib.getAttrFromPath: no attribute '${strings.concatStringsSep "." path}'");
  setAttrByPath = path: value: lists.foldr (n: inner: { ${n} = inner; }) value path;
  recursiveUpdate = a: b:
    a // mapAttrs (n: v: if isAttrs v && isAttrs (a.${n} or null) then recursiveUpdate a.${n} v else v) b;
  recursiveUpdateUntil = stop: lhs: rhs:
    let go = path: a: b: a // mapAttrs
      (n: v: if a ? ${n} && !(stop (path ++ [ n ]) a.${n} v) then go (path ++ [ n ]) a.${n} v else v) b;
    in go [ ] lhs rhs;
  mapAttrsRecursiveCond = cond: f:
    let go = path: mapAttrs (n: v: if isAttrs v && cond v then go (path ++ [ n ]) v else f (path ++ [ n ]) v);
    in go [ ];
  mapAttrsRecursive = mapAttrsRecursiveCond (_: true);
  foldAttrs = op: zero: sets: zipAttrs' (lists.foldr op zero) sets;
  zipAttrs' = f: builtins.zipAttrsWith (_: f);
  zipAttrs = builtins.zipAttrsWith (_: vs: vs);
  foldlAttrs = f: zero: set: lists.foldl' (acc: n: f acc n set.${n}) zero (attrNames set);
  mergeAttrsList = lists.foldl' (a: b: a // b) { };
  collect = pred: set:
    if pred set then [ set ] else if isAttrs set then builtins.concatMap (collect pred) (builtins.attrValues set) else [ ];
  isDerivation = x: (x.type or null) == "derivation";
  filterAttrsRecursive = pred: set: mapAttrs (_: v: if isAttrs v then filterAttrsRecursive pred v else v) (filterAttrs pred set);
  cartesianProduct = sets: lists.foldl'
    (acc: n: builtins.concatMap (a: map (v: a // { ${n} = v; }) sets.${n}) acc) [ { } ] (attrNames sets);
  getBin = p: p.bin or p;
  getLib = p: p.lib or p;
  getDev = p: p.dev or p;
  getOutput = out: p: p.${out} or p;
  getExe = p: "${getBin p}/bin/${p.meta.mainProgram or (strings.getName p)}";
  getExe' = p: name: "${getBin p}/bin/${name}";
  recurseIntoAttrs = set: set // { recurseForDerivations = true; };
  updateManyAttrsByPath = updates: set: lists.foldl'
    (acc: u: recursiveUpdate acc (setAttrByPath u.path (u.update (attrByPath u.path null acc)))) set updates;
}
