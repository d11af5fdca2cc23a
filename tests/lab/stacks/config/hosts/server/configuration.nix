{ ... }:

{
  networking.hostName = "server";
  networking.firewall.enable = true;
  system.stateVersion = "25.05";
  virtualisation.podman.enable = true;
  environment.etc."lab-note".text = "one";

  services.hwcsync = {
    enable = true;
    host = "server";
    repository.url = "/srv/git/config.git";
    settings.health.settle = "3s";
  };
}
