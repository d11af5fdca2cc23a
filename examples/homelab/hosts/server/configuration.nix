# The machine itself: what is not a stack.
{ ... }:

{
  networking.hostName = "server";
  networking.firewall.enable = true;
  system.stateVersion = "25.05";

  # Images are pulled before a switch, so podman has to be there before the first stack is.
  virtualisation.podman.enable = true;

  services.hwcsync = {
    enable = true;
    host = "server";
    repository.url = "/srv/git/config.git";
    settings.health.settle = "5s";
  };
}
