# The machine itself: what is not a stack.
{ ... }:

{
  networking.hostName = "server";
  networking.firewall.enable = true;
  system.stateVersion = "25.05";

  services.hwcsync = {
    enable = true;
    settings = {
      host = "server";
      repository.url = "/srv/git/config.git";
      health.settle = "5s";
    };
  };
}
