{ ... }:

{
  networking.hostName = "server";
  system.stateVersion = "25.05";
  virtualisation.podman.enable = true;

  # The groups that the users have on this machine: podman's storage names them, and containers of another primary group
  # cannot use it ("value too large for defined data type").
  users.users.homelab = {
    isNormalUser = true;
    uid = 1000;
    group = "homelab";
  };
  users.groups.homelab.gid = 1000;
  users.users.neighbour = {
    isNormalUser = true;
    uid = 1002;
    group = "neighbour";
  };
  users.groups.neighbour.gid = 1002;

  services.hwcsync = {
    enable = true;
    host = "server";
    repository.url = "/srv/git/config.git";
    settings.health.settle = "2s";
  };
}
