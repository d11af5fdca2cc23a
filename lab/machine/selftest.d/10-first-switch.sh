# A flake in a bare repository: built, switched to, and really there.
. "$(dirname "$0")/lib.bash"
mkdir -p $repo
git init -q $repo; git init -q --bare $bare
cat >$repo/flake.nix <<'NIX'
{
  inputs.nixpkgs.url = "nixpkgs";
  outputs = { self, nixpkgs }: {
    nixosConfigurations.selftest = nixpkgs.lib.nixosSystem { system = "x86_64-linux"; modules = [ ./host.nix ./extra.nix ]; };
  };
}
NIX
cat >$repo/host.nix <<'NIX'
{ config, lib, pkgs, ... }: {
  networking.hostName = "selftest";
  networking.firewall.allowedTCPPorts = [ 8081 ];
  users.users.homelab = { uid = 1000; isNormalUser = true; linger = true; group = "homelab"; subUidRanges = [{ startUid = 100000; count = 65536; }]; subGidRanges = [{ startGid = 100000; count = 65536; }]; };
  users.groups.homelab.gid = 1000;
  users.users.media = { uid = 1500; isNormalUser = true; linger = true; };
  environment.etc."lab/greeting".text = "hello";
  environment.etc."lab/private" = { text = "x"; mode = "0600"; user = "homelab"; };
  systemd.tmpfiles.rules = [ "d /var/lib/hello 0750 homelab homelab -" ];
  systemd.user.services.mine = { wantedBy = [ "default.target" ]; serviceConfig.ExecStart = "/bin/sh -c 'exec sleep inf'"; };
  virtualisation.podman.enable = true;
  virtualisation.oci-containers.containers.web = { image = "docker.io/library/caddy:2.8.4"; ports = [ "8081:80" ]; environment.GREETING = "good day"; };
}
NIX
extra 'systemd.services.hello = { wantedBy = [ "multi-user.target" ]; environment.N = "1"; script = "exec sleep inf"; };'
git -C $repo add -A; nix flake lock $repo 2>/dev/null
commit first

mkdir -p /root/empty; cd /root/empty
status 0 rebuild build
[[ $(cat /tmp/out) == /nix/store/*-nixos-system-selftest-* && $(readlink result) == "$(cat /tmp/out)" ]]
status 0 rebuild dry-activate
status 0 rebuild switch
system=$(cat /tmp/out)
[[ $(readlink -f /run/current-system) == "$system" && $(readlink -f /nix/var/nix/profiles/system) == "$system" ]]
systemctl is-active -q hello podman-web
eventually curl -sSf localhost:8081/
curl -sS localhost:8081/cgi-bin/env | grep -qx 'GREETING=good day'
[[ $(cat /etc/lab/greeting) == hello && $(stat -c '%a %U' /etc/lab/private) == '600 homelab' ]]
[[ $(stat -c '%a %U' /var/lib/hello) == '750 homelab' && $(hostname) == selftest ]]
grep -q 8081 /run/lab-firewall.json
grep -q '^media:' /etc/subuid; [[ -d /home/media ]]
eventually test -S /run/user/1500/bus
eventually /opt/lab/machine/guest/as-user homelab systemctl --user is-active mine
/run/current-system/sw/bin/podman --version >/dev/null
