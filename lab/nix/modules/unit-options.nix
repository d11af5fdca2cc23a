# The options of one unit, by kind, and what they turn into. Used for system and for user units.
{ lib, pkgs }:
let
  inherit (lib) mkOption types mkIf mkMerge;
  str = default: mkOption { type = types.str; inherit default; };
  lines = mkOption { type = types.lines; default = ""; };
  flag = default: mkOption { type = types.bool; inherit default; };
  unitName = types.strMatching "[a-zA-Z0-9@%:_.\\-]+[.](service|socket|device|mount|automount|swap|target|path|timer|scope|slice)";
  names = mkOption { type = types.listOf unitName; default = [ ]; };

  # A key of a unit file: a plain value, or a list of them that gives the key several times; lists of definitions join.
  primitive = types.oneOf [ types.bool types.int types.float types.str types.path types.package ];
  value = (types.either primitive (types.listOf primitive)) // {
    description = "systemd option (a string, number, boolean, path or list of them)";
    merge = loc: defs:
      if lib.any (d: lib.isList d.value) defs then lib.concatMap (d: lib.toList d.value) defs else lib.mergeEqualOption loc defs;
  };
  section = mkOption { type = types.attrsOf value; default = { }; };
  trigger = mkOption { type = types.listOf types.unspecified; default = [ ]; };
  asText = xs: toString (map (x: if builtins.isPath x then "${x}" else x) (lib.flatten xs));

  common = { name, config, ... }: {
    options = {
      enable = flag true;
      name = str name;
      overrideStrategy = mkOption { type = types.enum [ "asDropinIfExists" "asDropin" ]; default = "asDropinIfExists"; };
      aliases = names;
      requiredBy = names;
      wantedBy = names;
      upheldBy = names;
      description = mkOption { type = types.singleLineStr; default = ""; };
      documentation = mkOption { type = types.listOf types.str; default = [ ]; };
      after = names;
      before = names;
      wants = names;
      requires = names;
      requisite = names;
      bindsTo = names;
      partOf = names;
      upholds = names;
      conflicts = names;
      onFailure = names;
      onSuccess = names;
      startLimitBurst = mkOption { type = types.int; };
      startLimitIntervalSec = mkOption { type = types.int; };
      unitConfig = section;
      restartTriggers = trigger;
      reloadTriggers = trigger;
    };
    config.unitConfig =
      let list = key: xs: lib.optionalAttrs (xs != [ ]) { ${key} = toString xs; }; in
      list "After" config.after // list "Before" config.before // list "Wants" config.wants // list "Requires" config.requires
      // list "Requisite" config.requisite // list "BindsTo" config.bindsTo // list "PartOf" config.partOf
      // list "Upholds" config.upholds // list "Conflicts" config.conflicts // list "OnFailure" config.onFailure
      // list "OnSuccess" config.onSuccess // list "Documentation" config.documentation
      // lib.optionalAttrs (config.description != "") { Description = config.description; }
      // lib.optionalAttrs (config.restartTriggers != [ ]) { X-Restart-Triggers = "${pkgs.writeText "X-Restart-Triggers-${safe name}" (asText config.restartTriggers)}"; }
      // lib.optionalAttrs (config.reloadTriggers != [ ]) { X-Reload-Triggers = "${pkgs.writeText "X-Reload-Triggers-${safe name}" (asText config.reloadTriggers)}"; };
  };
  limits = { options, config, ... }: {
    config.unitConfig = mkMerge [
      (mkIf options.startLimitBurst.isDefined { StartLimitBurst = config.startLimitBurst; })
      (mkIf options.startLimitIntervalSec.isDefined { StartLimitIntervalSec = config.startLimitIntervalSec; })
    ];
  };
  safe = lib.replaceStrings [ "@" "\\" ":" ] [ "-" "-" "-" ];
  # The store path of a script names its content only: another unit's script never moves it.
  scriptOf = unit: phase: text: "${pkgs.writeTextFile {
    name = "unit-script-${safe unit}-${phase}";
    executable = true;
    destination = "/bin/${safe unit}-${phase}";
    text = "#!${pkgs.runtimeShell}\nset -e\n${text}\n";
  }}/bin/${safe unit}-${phase}";

  service = { defaultPath }: { name, config, ... }: {
    options = {
      environment = mkOption { type = types.attrsOf (types.nullOr (types.oneOf [ types.str types.path types.package ])); default = { }; };
      path = mkOption { type = types.listOf (types.oneOf [ types.package types.str ]); default = [ ]; };
      enableDefaultPath = flag true;
      serviceConfig = section;
      confinement = mkOption { type = types.attrs; default = { }; };
      script = lines;
      scriptArgs = str "";
      preStart = lines;
      postStart = lines;
      reload = lines;
      preStop = lines;
      postStop = lines;
      jobScripts = mkOption { type = types.listOf types.path; default = [ ]; };
      restartIfChanged = flag true;
      reloadIfChanged = flag false;
      stopIfChanged = flag true;
      notSocketActivated = flag false;
      startAt = mkOption { type = types.coercedTo types.str lib.singleton (types.listOf types.str); default = [ ]; };
    };
    config = {
      path = mkIf config.enableDefaultPath (lib.mkAfter defaultPath);
      environment.PATH = mkIf (config.path != [ ]) "${lib.makeBinPath config.path}:${lib.makeSearchPath "sbin" config.path}";
      serviceConfig =
        let script = key: phase: text: mkIf (text != "") { ${key} = [ (scriptOf name phase text) ]; }; in
        mkMerge [
          (script "ExecStartPre" "pre-start" config.preStart)
          (mkIf (config.script != "") { ExecStart = scriptOf name "start" config.script + lib.optionalString (config.scriptArgs != "") " ${config.scriptArgs}"; })
          (script "ExecStartPost" "post-start" config.postStart)
          (mkIf (config.reload != "") { ExecReload = scriptOf name "reload" config.reload; })
          (script "ExecStop" "pre-stop" config.preStop)
          (script "ExecStopPost" "post-stop" config.postStop)
        ];
    };
  };
  timer = { options.timerConfig = section; };
  socket = { config, ... }: {
    options = { socketConfig = section; listenStreams = mkOption { type = types.listOf types.str; default = [ ]; }; listenDatagrams = mkOption { type = types.listOf types.str; default = [ ]; }; };
    config.socketConfig = lib.optionalAttrs (config.listenStreams != [ ]) { ListenStream = config.listenStreams; }
      // lib.optionalAttrs (config.listenDatagrams != [ ]) { ListenDatagram = config.listenDatagrams; };
  };
  pathUnit = { options.pathConfig = section; };
  slice = { options.sliceConfig = section; };
  mount = { config, ... }: {
    options = { what = mkOption { type = types.str; }; where = mkOption { type = types.str; }; type = str ""; options = mkOption { type = types.commas; default = ""; }; mountConfig = section; };
    config.mountConfig = { What = config.what; Where = config.where; }
      // lib.optionalAttrs (config.type != "") { Type = config.type; } // lib.optionalAttrs (config.options != "") { Options = config.options; };
  };
  automount = { config, ... }: {
    options = { where = mkOption { type = types.str; }; automountConfig = section; };
    config.automountConfig.Where = config.where;
  };

  # ---- text ----
  show = v: if v == true then "true" else if v == false then "false" else toString v;
  sectionText = name: attrs: extra:
    "[${name}]\n" + extra + lib.concatStrings (lib.mapAttrsToList (k: v: lib.concatMapStrings (x: "${k}=${show x}\n") (lib.toList v)) attrs);
  unitSection = u: sectionText "Unit" u.unitConfig "";
  serviceText = u: unitSection u + "\n" + sectionText "Service" u.serviceConfig (
    lib.concatStrings (lib.mapAttrsToList (k: v: lib.optionalString (v != null) "Environment=${builtins.toJSON "${k}=${toString v}"}\n") u.environment)
    + (if u.reloadIfChanged then "X-ReloadIfChanged=true\n" else lib.optionalString (!u.restartIfChanged) "X-RestartIfChanged=false\n")
    + lib.optionalString (!u.stopIfChanged) "X-StopIfChanged=false\n"
    + lib.optionalString u.notSocketActivated "X-NotSocketActivated=true\n");
  plainText = title: key: u: unitSection u + "\n" + sectionText title u.${key} "";

  kinds = defaultPath: {
    services = { suffix = "service"; module = service { inherit defaultPath; }; text = serviceText; };
    sockets = { suffix = "socket"; module = socket; text = plainText "Socket" "socketConfig"; };
    timers = { suffix = "timer"; module = timer; text = plainText "Timer" "timerConfig"; };
    paths = { suffix = "path"; module = pathUnit; text = plainText "Path" "pathConfig"; };
    targets = { suffix = "target"; module = { }; text = unitSection; };
    slices = { suffix = "slice"; module = slice; text = plainText "Slice" "sliceConfig"; };
  };
in
{
  inherit kinds value;
  mountKinds = {
    mounts = { module = mount; suffix = "mount"; text = plainText "Mount" "mountConfig"; };
    automounts = { module = automount; suffix = "automount"; text = plainText "Automount" "automountConfig"; };
  };
  optionOf = kind: mkOption { type = types.attrsOf (types.submodule [ common limits kind.module ]); default = { }; };
  # Mounts are lists in NixOS: their unit is named after where they go.
  listOptionOf = kind: mkOption { type = types.listOf (types.submodule [ common limits kind.module ]); default = [ ]; };

  # [ { name, text, ... } ] -> one directory of unit files, with .wants and the like. `upstream` is the distribution's
  # directory: a unit that exists there is extended by a drop-in instead of replaced, as NixOS does.
  directory = name: upstream: units: pkgs.run name { } (''
    mkdir -p $out
    put() { # FILE STRATEGY TEXT
      if [ "$2" = asDropin ] || [ -e "${upstream}/$1" ]; then
        mkdir -p "$out/$1.d"; printf %s "$3" >"$out/$1.d/overrides.conf"
      else printf %s "$3" >"$out/$1"; fi
    }
    pull() { mkdir -p "$out/$2.$3"; ln -sfn "../$1" "$out/$2.$3/$1"; }
  '' + lib.concatMapStrings
    (u:
      let f = lib.escapeShellArg u.file; in
      (if u.enable then "put ${f} ${u.overrideStrategy} ${lib.escapeShellArg u.text}\n" else "ln -s /dev/null $out/${f}\n")
      + lib.concatMapStrings (a: "ln -sfn ${f} $out/${lib.escapeShellArg a}\n") u.aliases
      + lib.optionalString u.enable (
        lib.concatMapStrings (t: "pull ${f} ${lib.escapeShellArg t} wants\n") u.wantedBy
        + lib.concatMapStrings (t: "pull ${f} ${lib.escapeShellArg t} requires\n") u.requiredBy
        + lib.concatMapStrings (t: "pull ${f} ${lib.escapeShellArg t} upholds\n") u.upheldBy))
    units);
  renderAll = kindSet: cfg: lib.concatLists (lib.mapAttrsToList
    (kind: k: lib.mapAttrsToList
      (_: u: { file = "${u.name}.${k.suffix}"; text = k.text u; inherit (u) enable overrideStrategy aliases wantedBy requiredBy upheldBy; })
      cfg.${kind})
    kindSet);
}
