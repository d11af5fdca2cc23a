#!/usr/bin/env bash
# Turns a fresh copy of the template (directory $1) into the machine $2; $3 is the lab that it gets a copy of.
# Everything here is configuration of the stand-in host itself; what a NixOS configuration sets is left to activation.
set -euo pipefail
root=$1 name=$2 lab=$3

echo "$name" >"$root/etc/hostname"
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$name" >"$root/etc/hosts"
: >"$root/etc/machine-id"
ln -sfn /dev/null "$root/etc/systemd/system/systemd-networkd-wait-online.service"
# Timers of the distribution would only add noise to what a test sees.
for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer e2scrub_all.timer \
  e2scrub_reap.service getty.target console-getty.service podman-auto-update.timer podman-restart.service \
  systemd-modules-load.service; do
  ln -sfn /dev/null "$root/etc/systemd/system/$unit"
done
rm -rf "$root"/etc/systemd/system/*.wants "$root"/etc/systemd/user/*.wants

mkdir -p "$root/opt" "$root/etc/containers" "$root/etc/nix" "$root/nix/store" "$root/root"
cp -a "$lab" "$root/opt/lab"
chown -R 0:0 "$root/opt/lab"

cat >"$root/etc/nix/nix.conf" <<'TEXT'
sandbox = false
build-users-group =
experimental-features = nix-command flakes
substituters =
flake-registry =
connect-timeout = 1
TEXT
cat >"$root/etc/nix/registry.json" <<'TEXT'
{"version":2,"flakes":[{"from":{"type":"indirect","id":"nixpkgs"},"to":{"type":"path","path":"/opt/lab/nix"}}]}
TEXT
printf '[safe]\n\tdirectory = *\n[user]\n\tname = lab\n\temail = lab@localhost\n[init]\n\tdefaultBranch = main\n' >"$root/etc/gitconfig"

# Limits cannot be raised here, and root's crun refuses the hybrid cgroup tree.
cat >"$root/etc/containers/containers.conf" <<'TEXT'
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
TEXT
printf 'unqualified-search-registries = ["docker.io"]\n' >"$root/etc/containers/registries.conf"

# Nothing answers here, so a look-up fails at once and does not wait for a time limit.
rm -f "$root/etc/resolv.conf"
echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
# podman 5 would put a warning about cgroup v1 into every line of output.
mkdir -p "$root/etc/systemd/system.conf.d" "$root/etc/systemd/user.conf.d"
printf '[Manager]\nDefaultEnvironment=PODMAN_IGNORE_CGROUPSV1_WARNING=1\n' |
  tee "$root/etc/systemd/system.conf.d/lab.conf" >"$root/etc/systemd/user.conf.d/lab.conf"

# A user with the uid that most home servers have. Activation makes further ones from the configuration.
if [[ -z ${LAB_NO_USER:-} ]]; then
  echo 'homelab:x:1000:1000:Home lab:/home/homelab:/bin/bash' >>"$root/etc/passwd"
  echo 'homelab:x:1000:' >>"$root/etc/group"
  echo 'homelab:!:20000:0:99999:7:::' >>"$root/etc/shadow"
  echo 'homelab:100000:65536' | tee -a "$root/etc/subuid" >>"$root/etc/subgid"
  install -d -o 1000 -g 1000 -m 700 "$root/home/homelab"
  mkdir -p "$root/var/lib/systemd/linger"; : >"$root/var/lib/systemd/linger/homelab"
fi
