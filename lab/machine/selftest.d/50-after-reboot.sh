# What was switched to is there after a boot, with what `boot` set last.
. "$(dirname "$0")/lib.bash"
systemctl is-active -q kept podman-web
[[ $(cat /etc/lab/next) == 'from boot' && $(readlink -f /run/current-system) == "$(readlink -f /nix/var/nix/profiles/system)" ]]
[[ $(readlink -f /run/booted-system) == "$(readlink -f /run/current-system)" ]]
eventually curl -sSf localhost:8081/
/opt/lab/machine/guest/as-user homelab systemctl --user is-active -q mine
status 0 nixos-rebuild switch --rollback >/tmp/out 2>/tmp/err
[[ $(cat /etc/lab/next) == 'after the boot' ]]
