# What such modules find around them: the repository's own options, as far as stacks use them.
{ lib, ... }:
let
  lists = lib.mkOption { type = lib.types.listOf lib.types.anything; default = [ ]; };
in
{
  options.homelab = {
    user = lib.mkOption { type = lib.types.str; default = "homelab"; };
    containers.dataRoot = lib.mkOption { type = lib.types.str; default = "/mnt/docker"; };
    secrets.sopsFile = lib.mkOption { type = lib.types.raw; default = name: ./secrets + "/${name}"; };
    localProxy.hosts = lists;
    monitoring.monitors = lists;
    loki.extraScrapeTargets = lists;
  };
  config = {
    networking.hostName = "doc1";
    users.users.homelab = { isNormalUser = true; uid = 1000; };
  };
}
