# One rootless Compose stack as one systemd unit. Takes every argument that hand-written modules of this kind pass, in
# their first form and in their last, so that adopting one is a change of its import. The unit names only /etc/hwcsync
# and /run/current-system: new content reloads it in place, an upgrade of hwcsync or of nixpkgs leaves it alone.
# What it gives is a plain set: join it to other settings with lib.mkMerge, for `//` would drop what they share.
{
  config,
  lib,
  pkgs ? null,
  ...
}:

{
  mkService =
    {
      # Name of the unit, without ".service".
      stackName,
      description,
      # COMPOSE_PROJECT_NAME.
      projectName,
      # The Compose file; use builtins.path, so that its store path follows from its content alone.
      composeFile,
      # Files merged over it, in order.
      extraComposeFiles ? [ ],
      # Directory below /etc/hwcsync/stacks.
      stack ? lib.removeSuffix "-stack" stackName,
      user ? config.homelab.user or "homelab",
      uid ? config.users.users.${user}.uid or null,
      home ? config.users.users.${user}.home or config.homelab.userHome or "/home/${user}",
      # A storage.conf of the user's own; podman's service at the user's socket must have it too.
      storageConf ? null,
      # Files that the Compose file mounts: name below assets/ -> source.
      assets ? { },
      # Directories that it mounts: name below trees/ -> source, a store path that follows from the content.
      trees ? { },
      # What images are built from: name below contexts/ -> source, and the commands of the shell that build them
      # before a start.
      contexts ? { },
      buildCommands ? [ ],
      # Changes when something in /etc/hwcsync/stacks/<stack> does. Who passes it has resolved the Compose file and
      # brings /etc/hwcsync/bin/compose-stack along.
      contentHash ? null,
      # Services that must run, and those that run once and end; without either, whatever the provider made.
      services ? [ ],
      oneshots ? [ ],
      # Env files of the secret view for interpolation: paths, or sets with `runFile`; "%U" is the user's uid. The
      # ciphertext, `sopsFile`, is hwcsync's business: the unit decrypts nothing.
      envFiles ? [ ],
      # Other secret files that must be there before the start.
      secretFiles ? [ ],
      # { registry, username, passwordFile }: logged in before a start, for images that are not here yet.
      registryLogin ? null,
      # "NAME=value" each, or a set.
      extraEnv ? [ ],
      # DATA_ROOT, and a mount that must be there; null: none.
      dataRoot ? if contentHash == null then config.homelab.containers.dataRoot or "/mnt/docker" else null,
      # Before the start, as root. Written as for ExecStartPre=, with the shell to read them; the secrets are there.
      preStart ? [ ],
      # Shell commands as the stack's user: before the start with the secrets there, and after it.
      prepareCommands ? [ ],
      prepareVariables ? { },
      postStart ? [ ],
      tmpfiles ? [ ],
      requiresMounts ? [ ],
      after ? [ ],
      wants ? [ ],
      requires ? [ ],
      restart ? "on-failure",
      restartSec ? "30s",
      startLimitIntervalSec ? 300,
      startLimitBurst ? 5,
      # Seconds that the provider may take, waiting for healthy dependencies included: a start that hangs must not
      # hang the switch.
      startupTimeoutSeconds ? 300,
      startTimeout ? startupTimeoutSeconds,
      stopTimeout ? 120,
      # Seconds after which a container that is still "starting", or unhealthy, is made anew by the next start.
      healthCheckTimeout ? 90,
      # More that changes with the content: paths and texts.
      restartTriggers ? [ ],
      # Remove the pod that podman-compose put the project into.
      prunePod ? contentHash == null,
      # Words for the provider; --in-pod was podman-compose's and is dropped.
      composeArgs ? "",
      firewallPorts ? [ ],
      firewallUDPPorts ? [ ],
      # Handed on to the repository's own options: reverse proxy, monitors, metrics.
      stackHosts ? [ ],
      stackMonitors ? [ ],
      scrapeTargets ? [ ],
      # Of one week's form: verifying is hwcsync's, after the switch.
      verifyTimeoutSeconds ? null,
    }@args:
    let
      inherit (builtins)
        all
        attrNames
        concatLists
        concatStringsSep
        elem
        elemAt
        filter
        isAttrs
        isInt
        isList
        isString
        length
        map
        match
        replaceStrings
        ;
      byHand = contentHash == null;
      number = toString (if uid == null then 1000 else uid);
      runtime = "/run/user/${number}";
      socket = "unix://${runtime}/podman/podman.sock";

      # -- what callers wrote, in one form
      words = text: filter (word: isString word && word != "") (builtins.split "[ \t\n]+" text);
      runFile = file: replaceStrings [ "%U" ] [ number ] (if isAttrs file then file.runFile or "" else file);
      envPaths = map runFile envFiles;
      filePaths = map runFile secretFiles;
      secrets = envPaths ++ filePaths ++ lib.optional (registryLogin != null) registryLogin.passwordFile;
      inView = path: match "(/run/user/${number}/secrets|/run/hwcsync/view)/.*" path != null;
      pairs =
        if isAttrs extraEnv then map (name: "${name}=${toString extraEnv.${name}}") (attrNames extraEnv) else extraEnv;
      environmentLines = lib.optional (dataRoot != null) "DATA_ROOT=${dataRoot}" ++ pairs;
      mounts = lib.optional (dataRoot != null) dataRoot ++ requiresMounts;
      # The service of an older library; ours comes after the user's own podman.socket.
      units = filter (name: name != "podman-system-service.service");

      # composeArgs, word by word.
      readArgs =
        rest:
        let
          first = builtins.head rest;
          value = if length rest > 1 then elemAt rest 1 else "";
          further = readArgs (if length rest > 1 then builtins.tail (builtins.tail rest) else [ ]);
        in
        if rest == [ ] then
          {
            profiles = [ ];
            problems = [ ];
          }
        else if match "--in-pod=.*" first != null then
          readArgs (builtins.tail rest)
        else if first == "--in-pod" then
          further
        else if elem first [ "--project-name" "-p" ] then
          further
          // {
            problems =
              lib.optional (value != projectName) "composeArgs: the project is '${projectName}' (projectName), not '${value}'"
              ++ further.problems;
          }
        else if first == "--profile" && value != "" then
          further // { profiles = [ value ] ++ further.profiles; }
        else
          {
            profiles = [ ];
            problems = [ "composeArgs: '${first}' is not passed on; --profile NAME is, --in-pod and --project-name are understood" ];
          };
      readWords = readArgs (words composeArgs);

      # -- scripts: files of the stack's directory, so that no command line stands in a unit
      script =
        what: variables: commands:
        ''
          set -e
          n=0
          trap 'status=$?; [ "$status" = 0 ] || echo "compose-stack: ${stack}: command $n of ${what} ended with status $status" >&2' EXIT
        ''
        + concatStringsSep "" (
          map (
            name: "export ${name}='${replaceStrings [ "'" ] [ "'\\''" ] variables.${name}}'\n"
          ) (attrNames variables)
        )
        + concatStringsSep "" (map (command: "n=$((n + 1))\n${command}\n") commands);
      # A line for systemd as a line for the shell: its specifiers and its $$, and the prefixes that say who runs it
      # (here always root) and whether failing matters.
      shellLine =
        text:
        let
          parts = match "([-+!]*)[ ]*(.*)" text;
          line = replaceStrings [ "%%" "%U" "%u" "%h" "$$" ] [ "%" number user home "$" ] (elemAt parts 1);
        in
        if match ".*-.*" (elemAt parts 0) != null then "${line} || :" else line;
      scripts =
        lib.optionalAttrs (preStart != [ ]) { "prepare.sh" = script "preStart" { } (map shellLine preStart); }
        // lib.optionalAttrs (prepareCommands != [ ]) { "before.sh" = script "prepare.commands" prepareVariables prepareCommands; }
        // lib.optionalAttrs (buildCommands != [ ]) { "build.sh" = script "build" { } buildCommands; }
        // lib.optionalAttrs (postStart != [ ]) { "after.sh" = script "postStart" { } (map shellLine postStart); };

      # -- the start script's own little grammar: one key=value a line
      overrides = builtins.genList (index: {
        name = "compose.${toString (index + 1)}.yaml";
        source = elemAt extraComposeFiles index;
      }) (length extraComposeFiles);
      # Relative paths in a Compose file out of a directory in the store are meant from there.
      projectDirectory =
        if byHand && isString composeFile && dirOf composeFile != builtins.storeDir then dirOf composeFile else null;
      lines = key: map (value: "${key}=${value}\n");
      unitConf = concatStringsSep "" (
        lines "project" [ projectName ]
        ++ lines "directory" (lib.optional (projectDirectory != null) projectDirectory)
        ++ lines "compose-file" (map (file: file.name) overrides)
        ++ lines "profile" readWords.profiles
        ++ lines "env" environmentLines
        ++ lines "env-file" envPaths
        ++ lines "file" filePaths
        ++ lines "service" services
        ++ lines "oneshot" oneshots
        ++ lines "login" (
          lib.optional (
            registryLogin != null
          ) "${registryLogin.registry} ${registryLogin.username} ${registryLogin.passwordFile}"
        )
        ++ lines "limit" [ (toString startTimeout) ]
        ++ lines "stale-after" (lib.optional (healthCheckTimeout != 90) (toString healthCheckTimeout))
        ++ lines "pod" (lib.optional prunePod "pod_${projectName}")
      );

      hash =
        if contentHash != null then
          contentHash
        else
          builtins.hashString "sha256" (
            # Only a hash: what it is made of need not be there to build it.
            builtins.unsafeDiscardStringContext (
              concatStringsSep "\n" (
                map (builtins.hashFile "sha256") ([ composeFile ] ++ extraComposeFiles)
                ++ [ unitConf ]
                ++ map (name: "${name} ${builtins.hashFile "sha256" assets.${name}}") (attrNames assets)
                ++ map (name: "${name} ${trees.${name}}") (attrNames trees)
                ++ map (name: "${name} ${scripts.${name}}") (attrNames scripts)
                ++ map toString restartTriggers
              )
            )
          );

      # -- what is wrong with the arguments, in words
      texts = name: value: lib.optional (!(isList value && all isString value)) "${name}: a list of texts is expected";
      whole =
        name: value: lib.optional (!(isInt value && value > 0)) "${name}: a whole number of seconds is expected, not ${shown value}";
      shown = value: if isString value then "'${value}'" else builtins.toJSON value;
      ports =
        name: value:
        if isList value then
          map (port: "${name}: ${shown port} is no port (1 to 65535)") (
            filter (port: !(isInt port && port >= 1 && port <= 65535)) value
          )
        else
          [ "${name}: a list of port numbers is expected" ];
      unitNames =
        name: value:
        if isList value && all isString value then
          map (unit: "${name}: '${unit}' is no name of a unit; write it with its suffix, as in network-online.target") (
            filter (unit: match "[^/ ]+[.](service|target|mount|automount|socket|timer|path|device|slice|swap|scope)" unit == null) value
          )
        else
          texts name value;
      automount = path: "${replaceStrings [ "-" "/" ] [ "\\x2d" "-" ] (builtins.substring 1 (-1) path)}.automount";
      mountProblems = concatLists (
        map (
          path:
          if !(isString path && match "/.*" path != null) then
            [ "requiresMounts: ${shown path} is no absolute path" ]
          else
            lib.optional (elem (automount path) (after ++ wants))
              "requiresMounts: '${path}' is mounted on demand (${automount path}), and would be forced at every start; name it in one of the two"
        ) requiresMounts
      );
      envProblems = concatLists (
        map (
          file:
          if !(isString file || isAttrs file && file ? runFile) then
            [ "envFiles: a path is expected, or { sopsFile = ...; runFile = ...; }" ]
          else
            lib.optional (match "/.*" (runFile file) == null) "envFiles: '${runFile file}' is no absolute path"
            ++ lib.optional (
              isAttrs file && file ? sopsFile && !builtins.pathExists file.sopsFile
            ) "envFiles: there is no file ${toString file.sopsFile}"
        ) envFiles
      );
      pairProblems =
        if isList pairs && all isString pairs then
          map (pair: "extraEnv: '${pair}' is not NAME=value on one line") (
            filter (pair: match "[A-Za-z_][A-Za-z0-9_]*=[^\n]*" pair == null) pairs
          )
        else
          texts "extraEnv" pairs;
      commandProblems =
        name: commands:
        if isList commands && all isString commands then
          map (command: "${name}: '${command}': the prefixes '@' and ':' have no meaning here; write the command as in a shell") (
            filter (command: match "[-+!]*[@:].*" command != null) commands
          )
        else
          texts name commands;
      restarts = [
        "no"
        "on-failure"
        "on-abnormal"
        "on-abort"
        "on-watchdog"
      ];
      problems =
        lib.optional (match "[A-Za-z0-9:_.-]+" stackName == null || match ".*[.]service" stackName != null)
          "stackName: '${stackName}' is no name for a unit (letters, digits, ':', '-', '_', '.'; without .service)"
        ++ lib.optional (match "[A-Za-z0-9_][A-Za-z0-9_.-]*" stack == null) "stack: '${stack}' cannot be a directory's name"
        ++ lib.optional (match "[a-z0-9][a-z0-9_-]*" projectName == null)
          "projectName: '${projectName}' is no project name (a-z, 0-9, '-', '_'; begins with a letter or digit)"
        ++ lib.optional (byHand && !(isString composeFile || builtins.isPath composeFile)) "composeFile: a path is expected"
        ++ lib.optional (!isList extraComposeFiles) "extraComposeFiles: a list of paths is expected"
        ++ lib.optional (!elem restart restarts)
          "restart: ${shown restart} is none of ${concatStringsSep ", " restarts}; a unit that starts and stays has no others"
        ++ envProblems
        ++ pairProblems
        ++ commandProblems "preStart" preStart
        ++ commandProblems "postStart" postStart
        ++ texts "prepareCommands" prepareCommands
        ++ texts "buildCommands" buildCommands
        ++ lib.optional (
          registryLogin != null
          && !(
            isAttrs registryLogin
            && all (key: match "[^ \n]+" (registryLogin.${key} or "") != null) [
              "registry"
              "username"
              "passwordFile"
            ]
          )
        ) "registryLogin: { registry, username, passwordFile } is expected, without spaces"
        ++ mountProblems
        ++ unitNames "after" after
        ++ unitNames "wants" wants
        ++ unitNames "requires" requires
        ++ whole "startTimeout" startTimeout
        ++ whole "stopTimeout" stopTimeout
        ++ whole "healthCheckTimeout" healthCheckTimeout
        ++ ports "firewallPorts" firewallPorts
        ++ ports "firewallUDPPorts" firewallUDPPorts
        ++ readWords.problems;

      # systemd expands % in Environment= and in descriptions, and parts paths at white space.
      plain = replaceStrings [ "%" ] [ "%%" ];
      mountPath =
        path:
        let
          text = plain path;
        in
        if match "[^ \t\n\r\"';\\]+" text != null then
          text
        else
          "\"${replaceStrings [ "\\" "\"" "\n" "\r" "\t" ] [ "\\\\" "\\\"" "\\n" "\\r" "\\t" ] text}\"";
      run = verb: "/etc/hwcsync/bin/compose-stack ${verb} ${stack}";
      prepare = lib.optional (preStart != [ ]) "+${run "prepare"}";
      one = list: if length list == 1 then builtins.head list else list;
      ordered = [
        "network-online.target"
        "user@${number}.service"
      ]
      ++ lib.optional (!(all (path: !inView path) secrets)) "hwcsync-view@${number}.service";
    in
    {
      assertions = [
        {
          assertion = !(args ? uid) || (config.users.users.${user}.uid or null) == uid;
          message = "hwcsync: stack ${stack} is for uid ${number}, but users.users.${user}.uid is something else: set it, or correct hosts.<host>.users in hwcsync.yaml";
        }
      ]
      ++ map (problem: {
        assertion = false;
        message = "hwcsync: mkService for ${stackName}: ${problem}";
      }) problems;

      warnings =
        lib.optional (uid == null)
          "hwcsync: mkService for ${stackName}: users.users.${user}.uid is not set; 1000 is taken"
        ++ lib.optional (verifyTimeoutSeconds != null)
          "hwcsync: mkService for ${stackName}: verifyTimeoutSeconds does nothing: a start is judged by its containers, and hwcsync verifies after the switch";

      environment = {
        etc = {
          "hwcsync/stacks/${stack}/compose.yaml".source = composeFile;
          "hwcsync/stacks/${stack}/unit.conf".text = unitConf;
        }
        // builtins.listToAttrs (
          map (file: {
            name = "hwcsync/stacks/${stack}/${file.name}";
            value = { inherit (file) source; };
          }) overrides
          ++ map (name: {
            name = "hwcsync/stacks/${stack}/assets/${name}";
            value.source = assets.${name};
          }) (attrNames assets)
          ++ map (name: {
            name = "hwcsync/stacks/${stack}/trees/${name}";
            value.source = trees.${name};
          }) (attrNames trees)
          ++ map (name: {
            name = "hwcsync/stacks/${stack}/contexts/${name}";
            value.source = contexts.${name};
          }) (attrNames contexts)
          ++ map (name: {
            name = "hwcsync/stacks/${stack}/${name}";
            value.text = scripts.${name};
          }) (attrNames scripts)
        )
        // lib.optionalAttrs byHand {
          # Generated modules bring it once, for the host.
          "hwcsync/bin/compose-stack" = {
            source = lib.mkDefault (
              builtins.path {
                path = ./compose-stack.sh;
                name = "hwcsync-compose-stack";
              }
            );
            mode = lib.mkDefault "0555";
          };
        };
      }
      // lib.optionalAttrs (byHand && pkgs != null) { systemPackages = [ pkgs.docker-compose ]; };

      networking.firewall.allowedTCPPorts = firewallPorts;
      networking.firewall.allowedUDPPorts = firewallUDPPorts;

      systemd.tmpfiles.rules = tmpfiles;

      systemd.services.${stackName} = {
        description = plain description;
        wantedBy = [ "multi-user.target" ];
        wants = ordered ++ units wants;
        after = ordered ++ units after;
        requires = units requires;
        inherit startLimitIntervalSec startLimitBurst;
        reloadTriggers = [ hash ];
        restartIfChanged = true;
        # Stopped as the unit that was started: under another user, project or place of podman's, the new one would not
        # find what runs.
        stopIfChanged = true;
        unitConfig = lib.optionalAttrs (mounts != [ ]) { RequiresMountsFor = map mountPath mounts; };
        environment = builtins.mapAttrs (_: plain) {
          COMPOSE_PROJECT_NAME = projectName;
          CONTAINER_HOST = socket;
          DOCKER_HOST = socket;
          HOME = home;
          XDG_RUNTIME_DIR = runtime;
        }
        // lib.optionalAttrs (storageConf != null) { CONTAINERS_STORAGE_CONF = storageConf; }
        // {
          # For people's own `podman compose` in prepare commands too: never podman-compose by accident.
          PODMAN_COMPOSE_PROVIDER = "/run/current-system/sw/bin/docker-compose";
          PATH = lib.mkForce "/run/wrappers/bin:/run/current-system/sw/bin";
        };
        serviceConfig = {
          Type = "oneshot";
          RemainAfterExit = true;
          User = user;
          ExecStart = run "up";
          ExecReload = one (prepare ++ [ (run "reload") ]);
          ExecStop = run "stop";
          Restart = restart;
          RestartSec = restartSec;
          # The provider's time, and what goes before it: podman's socket, a start slot, half an hour an image.
          TimeoutStartSec = startTimeout + 210 + 1800 * length buildCommands;
          TimeoutStopSec = stopTimeout;
        }
        // lib.optionalAttrs (prepare != [ ]) { ExecStartPre = one prepare; };
      };
    }
    // lib.optionalAttrs (args ? stackHosts || args ? stackMonitors || args ? scrapeTargets) {
      homelab =
        lib.optionalAttrs (args ? stackHosts) { localProxy.hosts = lib.mkAfter stackHosts; }
        // lib.optionalAttrs (args ? stackMonitors) { monitoring.monitors = lib.mkAfter stackMonitors; }
        // lib.optionalAttrs (args ? scrapeTargets) { loki.extraScrapeTargets = lib.mkAfter scrapeTargets; };
    };
}
