# virtualisation.oci-containers: one podman-<name>.service per container, started in the way that NixOS starts it.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption types mkIf escapeShellArg optional optionals optionalString mapAttrsToList;
  cfg = config.virtualisation.oci-containers;
  nullOrStr = mkOption { type = types.nullOr types.str; default = null; };
  strings = mkOption { type = types.listOf types.str; default = [ ]; };
  pairs = mkOption { type = types.attrsOf types.str; default = { }; };
  package = mkOption { type = types.nullOr types.package; default = null; };

  container = types.submodule ({ name, ... }: {
    options = {
      image = mkOption { type = types.str; };
      imageFile = package;
      imageStream = package;
      serviceName = mkOption { type = types.str; default = "${cfg.backend}-${name}"; };
      login = { username = nullOrStr; passwordFile = nullOrStr; registry = nullOrStr; };
      cmd = strings;
      labels = pairs;
      entrypoint = nullOrStr;
      environment = pairs;
      environmentFiles = mkOption { type = types.listOf types.path; default = [ ]; };
      log-driver = mkOption { type = types.str; default = "journald"; };
      ports = strings;
      user = nullOrStr;
      volumes = strings;
      workdir = nullOrStr;
      dependsOn = strings;
      hostname = nullOrStr;
      preRunExtraOptions = strings;
      extraOptions = strings;
      autoStart = mkOption { type = types.bool; default = true; };
      podman = mkOption {
        default = null;
        type = types.nullOr (types.submodule {
          options.sdnotify = mkOption { type = types.enum [ "conmon" "healthy" "container" ]; default = "conmon"; };
          options.user = mkOption { type = types.str; default = "root"; };
        });
      };
      pull = mkOption { type = types.enum [ "always" "missing" "never" "newer" ]; default = "missing"; };
      capabilities = mkOption { type = types.lazyAttrsOf (types.nullOr types.bool); default = { }; };
      devices = strings;
      privileged = mkOption { type = types.bool; default = false; };
      autoRemoveOnStop = mkOption { type = types.bool; default = true; };
      networks = strings;
    };
    config.podman = mkIf (cfg.backend == "podman") { };
  });

  unitOf = name: c:
    let
      quoted = escapeShellArg name;
      user = if c.podman == null then "root" else c.podman.user;
      account = config.users.users.${user};
      rootless = user != "root";
      healthy = c.podman != null && c.podman.sdnotify == "healthy";
      pulls = c.imageFile == null && c.imageStream == null;
      needs = map (d: "${(cfg.containers.${d} or (throw "virtualisation.oci-containers.containers.${name}.dependsOn: there is no container `${d}'")).serviceName}.service") c.dependsOn;
      manager = optionals (rootless && healthy) [ "user@${toString account.uid}.service" ];
      lingers = optionals (rootless && account.linger == true) [ "linger-users.service" ];
      online = optionals pulls [ "network-online.target" ];
      login = c.login.username != null && c.login.passwordFile != null && c.login.registry != null;
      capability = flag: wanted: mapAttrsToList (n: _: "--cap-${flag}=${escapeShellArg n}") (lib.filterAttrs (_: v: v == wanted) c.capabilities);

      # Image, log driver, registry and password file are not quoted in NixOS either.
      words = [ "exec podman" ]
        ++ map escapeShellArg c.preRunExtraOptions
        ++ [ "run" "--name=${quoted}" "--log-driver=${c.log-driver}" ]
        ++ optional (c.entrypoint != null) "--entrypoint=${escapeShellArg c.entrypoint}"
        ++ optional (c.hostname != null) "--hostname=${escapeShellArg c.hostname}"
        ++ [ "--cidfile=/run/${quoted}/ctr-id" "--cgroups=enabled" "--sdnotify=${c.podman.sdnotify}" "-d" "--replace" ]
        ++ mapAttrsToList (k: v: "-e ${escapeShellArg k}=${escapeShellArg v}") c.environment
        ++ map (f: "--env-file ${escapeShellArg f}") c.environmentFiles
        ++ map (p: "-p ${escapeShellArg p}") c.ports
        ++ optional (c.user != null) "-u ${escapeShellArg c.user}"
        ++ map (v: "-v ${escapeShellArg v}") c.volumes
        ++ mapAttrsToList (k: v: "-l ${escapeShellArg k}=${escapeShellArg v}") c.labels
        ++ optional (c.workdir != null) "-w ${escapeShellArg c.workdir}"
        ++ optional c.privileged "--privileged"
        ++ optional c.autoRemoveOnStop "--rm"
        ++ capability "add" true ++ capability "drop" false
        ++ map (d: "--device=${escapeShellArg d}") c.devices
        ++ map (n: "--network=${escapeShellArg n}") (lib.unique c.networks)
        ++ [ "--pull ${escapeShellArg c.pull}" ]
        ++ map escapeShellArg c.extraOptions
        ++ [ c.image ]
        ++ map escapeShellArg c.cmd;
      before = pkgs.writeShellApplication {
        name = "pre-start";
        text = ''
          podman rm -f ${name} || true
          ${optionalString login ''
            if ! podman login ${c.login.registry} --username ${escapeShellArg c.login.username} --password-stdin < ${c.login.passwordFile}; then
              podman image inspect ${c.image} >/dev/null || { echo "login failed, and the image is not here" >&2; exit 1; }
            fi''}
          ${optionalString (c.imageFile != null) "podman load -i ${c.imageFile}"}
          ${optionalString (c.imageStream != null) "${c.imageStream} | podman load"}
          rm -f /run/${quoted}/ctr-id
        '';
      };
    in
    {
      wantedBy = optional c.autoStart "multi-user.target";
      wants = online ++ lingers;
      after = online ++ needs ++ lingers ++ manager;
      requires = needs ++ manager;
      environment = mkIf rootless { HOME = account.home; };
      path = [ config.virtualisation.podman.package ];
      script = lib.concatStringsSep " \\\n  " words;
      preStop = "podman stop --ignore --cidfile=/run/${quoted}/ctr-id";
      postStop = "podman rm -f --ignore --cidfile=/run/${quoted}/ctr-id";
      unitConfig = mkIf rootless { RequiresMountsFor = "/run/user/${toString account.uid}/containers"; };
      serviceConfig = {
        ExecStartPre = [ "${before}/bin/pre-start" ];
        TimeoutStartSec = 0;
        TimeoutStopSec = 120;
        Restart = if c.autoStart then "always" else "on-failure";
        Environment = "PODMAN_SYSTEMD_UNIT=%n";
        Type = "notify";
        NotifyAccess = "all";
        Delegate = mkIf healthy true;
        User = user;
        RuntimeDirectory = quoted;
      };
    };
in
{
  options.virtualisation.oci-containers = {
    backend = mkOption { type = types.enum [ "podman" "docker" ]; default = "podman"; };
    containers = mkOption { type = types.attrsOf container; default = { }; };
  };
  config = mkIf (cfg.containers != { }) {
    virtualisation.podman.enable = mkIf (cfg.backend == "podman") true;
    systemd.services = lib.mapAttrs' (n: c: lib.nameValuePair c.serviceName (unitOf n c)) cfg.containers;
    assertions = [{
      assertion = cfg.backend == "podman";
      message = "the lab plays only the podman backend of virtualisation.oci-containers";
    }] ++ lib.concatLists (mapAttrsToList
      (n: c: [
        { assertion = c.imageFile == null || c.imageStream == null; message = "virtualisation.oci-containers.containers.${n}: You can only define one of imageFile and imageStream"; }
        { assertion = c.podman == null || c.podman.user == "root" || c.podman.sdnotify != "healthy" || config.users.users.${c.podman.user}.uid != null; message = "Rootless container ${n} (with podman and sdnotify=healthy) requires that its running user ${c.podman.user} has a statically specified uid."; }
      ])
      cfg.containers);
    warnings = lib.concatLists (mapAttrsToList
      (n: c:
        let rootless = c.podman != null && c.podman.user != "root"; lingers = config.users.users.${c.podman.user}.linger == true; in
        optional (rootless && lingers && c.podman.sdnotify == "conmon") "Podman container ${n} is configured as rootless (user ${c.podman.user}) with `--sdnotify=conmon`, but lingering for this user is turned on."
        ++ optional (rootless && !lingers && c.podman.sdnotify == "healthy") "Podman container ${n} is configured as rootless (user ${c.podman.user}) with `--sdnotify=healthy`, but lingering for this user is turned off.")
      cfg.containers);
  };
}
