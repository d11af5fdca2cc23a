{ ... }:

{
  networking.hostName = "server";
  system.stateVersion = "25.05";
  virtualisation.podman.enable = true;

  services.hwcsync = {
    enable = true;
    host = "server";
    repository.url = "/srv/git/config.git";
    settings.health.settle = "2s";
  };
}
