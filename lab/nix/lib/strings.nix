# Strings, and the shell's quoting.
{ lists }:
let
  inherit (builtins) stringLength substring replaceStrings isString match;
in
rec {
  inherit (builtins) stringLength substring replaceStrings isString concatStringsSep toJSON fromJSON splitVersion compareVersions toString hashString readFile baseNameOf dirOf isInt isFloat isPath isBool;

  concatStrings = concatStringsSep "";
  concatMapStrings = f: xs: concatStrings (map f xs);
  concatMapStringsSep = sep: f: xs: concatStringsSep sep (map f xs);
  concatImapStringsSep = sep: f: xs: concatStringsSep sep (lists.imap1 f xs);
  concatLines = concatMapStrings (line: line + "\n");
  optionalString = cond: s: if cond then s else "";
  hasPrefix = pre: s: substring 0 (stringLength pre) s == pre;
  hasSuffix = suf: s:
    let n = stringLength s; m = stringLength suf; in n >= m && substring (n - m) m s == suf;
  hasInfix = infix: s: match ".*${escapeRegex infix}.*" "${builtins.replaceStrings [ "\n" ] [ " " ] s}" != null;
  removePrefix = pre: s:
    if hasPrefix pre s then substring (stringLength pre) (stringLength s) s else s;
  removeSuffix = suf: s:
    if hasSuffix suf s then substring 0 (stringLength s - stringLength suf) s else s;
  escape = chars: replaceStrings chars (map (c: "\\${c}") chars);
  escapeRegex = escape (stringToCharacters "\\[{()^$?*+|.");
  stringToCharacters = s: builtins.genList (i: substring i 1 s) (stringLength s);
  splitString = sep: s:
    builtins.filter isString (builtins.split (escapeRegex sep) s);
  trim = s: let m = match "[ \t\r\n]*(.*[^ \t\r\n])[ \t\r\n]*" s; in if m == null then "" else builtins.head m;
  # Bare words stay bare, everything else goes between single quotes.
  escapeShellArg = arg:
    let s = toString arg; in
    if match "[[:alnum:],._+:@%/-]+" s != null then s
    else "'${replaceStrings [ "'" ] [ "'\\''" ] s}'";
  escapeShellArgs = concatMapStringsSep " " escapeShellArg;
  toShellVar = name: value: "${name}=${escapeShellArg value}";
  toShellVars = vars: concatStringsSep "\n" (map (n: toShellVar n vars.${n}) (builtins.attrNames vars));
  escapeSystemdExecArg = arg: replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON (toString arg));
  escapeSystemdExecArgs = concatMapStringsSep " " escapeSystemdExecArg;
  lower = "abcdefghijklmnopqrstuvwxyz";
  upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  toLower = replaceStrings (stringToCharacters upper) (stringToCharacters lower);
  toUpper = replaceStrings (stringToCharacters lower) (stringToCharacters upper);
  toInt = s: let n = fromJSON s; in if builtins.isInt n then n else throw "lib.toInt: '${s}' is no integer";
  fixedWidthString = width: filler: s:
    if stringLength s >= width then s else fixedWidthString width filler (filler + s);
  fixedWidthNumber = width: n: fixedWidthString width "0" (toString n);
  versionOlder = a: b: compareVersions b a == 1;
  versionAtLeast = a: b: !(versionOlder a b);
  getName = x: x.pname or (builtins.parseDrvName (x.name or x)).name;
  getVersion = x: x.version or (builtins.parseDrvName (x.name or x)).version;
  isStringLike = x: isString x || builtins.isPath x || x ? outPath || x ? __toString;
  isConvertibleWithToString = x: isStringLike x || builtins.elem (builtins.typeOf x) [ "null" "int" "float" "bool" ];
  makeBinPath = concatMapStringsSep ":" (p: "${p}/bin");
  makeSearchPath = sub: concatMapStringsSep ":" (p: "${p}/${sub}");
  normalizePath = s: replaceStrings [ "//" ] [ "/" ] s;
  replaceChars = replaceStrings;
  nameFromURL = url: sep: builtins.head (splitString sep (lists.last (splitString "/" url)));
}
