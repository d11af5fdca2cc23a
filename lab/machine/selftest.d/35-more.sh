# Rarer things that generated modules use: templates, timers, sockets, targets, networks, FUSE.
# Not here: sdnotify=healthy. podman exits right after READY=1, and under load systemd drops the message of a process that is gone.
. "$(dirname "$0")/lib.bash"
extra '
  systemd.services."view@" = { scriptArgs = "%i"; script = "echo $1 >/run/view-$1; exec sleep inf"; };
  systemd.services."view@1000" = { overrideStrategy = "asDropin"; wantedBy = [ "multi-user.target" ]; };
  systemd.targets.stacks = { wantedBy = [ "multi-user.target" ]; };
  systemd.services.in-target = { wantedBy = [ "stacks.target" ]; partOf = [ "stacks.target" ]; script = "exec sleep inf"; startLimitBurst = 3; startLimitIntervalSec = 60; };
  systemd.services.ticking = { startAt = "daily"; serviceConfig.Type = "oneshot"; script = "true"; };
  systemd.sockets.listening = { wantedBy = [ "sockets.target" ]; listenStreams = [ "/run/listening.sock" ]; };
  systemd.services.listening = { script = "exec sleep inf"; };
  systemd.services.network-media = { wantedBy = [ "multi-user.target" ]; before = [ "podman-a.service" ]; path = [ pkgs.podman ]; serviceConfig = { Type = "oneshot"; RemainAfterExit = true; };
    script = "podman network exists media || podman network create --subnet 10.89.7.0/24 media"; };
  virtualisation.oci-containers.containers.a = { image = "docker.io/library/redis:7.2-alpine"; networks = [ "media" ];
    extraOptions = [ "--health-cmd=redis-cli ping" "--health-interval=1s" ]; };
  virtualisation.oci-containers.containers.b = { image = "docker.io/library/caddy:2.8.4"; networks = [ "media" ]; dependsOn = [ "a" ]; capabilities.NET_ADMIN = false; labels.x = "y z"; };
  users.users.shortlived = { isSystemUser = true; group = "shortlived"; }; users.groups.shortlived = { };
  services.caddy = { enable = true; virtualHosts."photos.example.net".extraConfig = "reverse_proxy 127.0.0.1:2283"; };
'
commit; status 0 rebuild switch
systemctl is-active -q view@1000 in-target ticking.timer listening.socket network-media podman-a podman-b
[[ $(cat /run/view-1000) == 1000 ]]
eventually podman exec b nslookup a
healthy() { [[ $(podman inspect -f '{{.State.Health.Status}}' a) == healthy ]]; }
eventually healthy
grep -q 'reverse_proxy 127.0.0.1:2283' /etc/caddy/Caddyfile
id -u shortlived >/dev/null
mkdir -p /tmp/low /tmp/fuse; echo x >/tmp/low/f
fuse-overlayfs -o lowerdir=/tmp/low /tmp/fuse 2>/dev/null; [[ $(cat /tmp/fuse/f) == x ]]; fusermount3 -u /tmp/fuse

extra ''; commit; status 0 rebuild switch
for gone in view@1000 in-target ticking.timer listening.socket podman-a; do status 4 systemctl is-active -q $gone; done
status 1 id -u shortlived 2>/dev/null
[[ ! -e /etc/systemd/system/stacks.target.wants ]]
pkg-config --exists libgit2 fuse3 yaml-cpp libsodium libcrypto spdlog fmt libsystemd sqlite3 catch2-with-main
for program in g++ cmake ninja ccache age jq curl ssh-keygen; do command -v $program >/dev/null; done
