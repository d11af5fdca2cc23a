# virtualisation.podman and virtualisation.containers.
{ config, lib, pkgs, ... }:
let
  inherit (lib) mkOption mkEnableOption types mkIf;
  cfg = config.virtualisation.podman;
  containers = config.virtualisation.containers;
  served.serviceConfig.ExecStart = [ "" "${cfg.package}/bin/podman $LOGGING system service" ];
in
{
  options.virtualisation = {
    podman = {
      enable = mkEnableOption "podman";
      package = mkOption { type = types.package; default = pkgs.podman; };
      extraPackages = mkOption { type = types.listOf types.package; default = [ ]; };
      extraRuntimes = mkOption { type = types.listOf types.package; default = [ ]; };
      dockerCompat = mkOption { type = types.bool; default = false; };
      dockerSocket.enable = mkOption { type = types.bool; default = false; };
      autoPrune = {
        enable = mkOption { type = types.bool; default = false; };
        flags = mkOption { type = types.listOf types.str; default = [ ]; };
        dates = mkOption { type = types.str; default = "weekly"; };
      };
      defaultNetwork.settings = mkOption { type = types.attrsOf types.anything; default = { }; };
      networkSocket.enable = mkEnableOption "the network socket";
    };
    docker.enable = mkEnableOption "docker";
    docker.package = mkOption { type = types.package; default = pkgs.docker; };
    containers = {
      enable = mkEnableOption "containers configuration";
      containersConf.settings = mkOption { type = types.attrsOf types.anything; default = { }; };
      containersConf.cniPlugins = mkOption { type = types.listOf types.package; default = [ ]; };
      storage.settings = mkOption { type = types.attrsOf types.anything; default = { }; };
      registries.search = mkOption { type = types.listOf types.str; default = [ "docker.io" ]; };
      registries.insecure = mkOption { type = types.listOf types.str; default = [ ]; };
      registries.block = mkOption { type = types.listOf types.str; default = [ ]; };
      policy = mkOption { type = types.attrs; default = { }; };
    };
  };

  config = lib.mkMerge [
    (mkIf cfg.enable {
      virtualisation.containers.enable = true;
      environment.systemPackages = [ cfg.package ] ++ lib.optional cfg.dockerCompat (pkgs.runCommand "podman-docker-compat" { } ''
        mkdir -p $out/bin; ln -s ${cfg.package}/bin/podman $out/bin/docker
      '');
      # The distribution brings podman.socket and podman.service; both managers get the socket, as with NixOS. There the
      # services run the wrapped program, and have a service's narrow PATH: nixpkgs' module says something of both.
      systemd.sockets.podman = { wantedBy = [ "sockets.target" ]; socketConfig = mkIf cfg.dockerSocket.enable { Symlinks = [ "/run/docker.sock" ]; }; };
      systemd.services.podman = served;
      systemd.user.sockets.podman.wantedBy = [ "sockets.target" ];
      systemd.user.services.podman = served;
      systemd.services.podman-prune = {
        description = "Prune podman resources";
        restartIfChanged = false;
        unitConfig.X-StopOnRemoval = false;
        serviceConfig.Type = "oneshot";
        serviceConfig.ExecStart = lib.escapeShellArgs ([ "${cfg.package}/bin/podman" "system" "prune" "-f" ] ++ cfg.autoPrune.flags);
        startAt = lib.optional cfg.autoPrune.enable cfg.autoPrune.dates;
        after = [ "podman.service" ];
        requires = [ "podman.service" ];
      };
      assertions = [{
        assertion = cfg.dockerCompat -> !config.virtualisation.docker.enable;
        message = "Option dockerCompat conflicts with docker";
      }];
    })
    (mkIf containers.enable {
      # Written down, not put to use: the machine's own containers.conf holds what makes podman work in the lab at all.
      environment.etc."containers/lab-settings.json".text = builtins.toJSON {
        containersConf = containers.containersConf.settings;
        storage = containers.storage.settings;
        defaultNetwork = cfg.defaultNetwork.settings;
      };
    })
  ];
}
