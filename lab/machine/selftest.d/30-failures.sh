# Exit statuses, and what the machine is like after each.
. "$(dirname "$0")/lib.bash"
good=$(readlink -f /run/current-system)
extra 'systemd.services.bad = { wantedBy = [ "multi-user.target" ]; serviceConfig = { Type = "oneshot"; }; script = "exit 3"; };'
commit; status 4 rebuild switch; said 'warning: the following units failed: bad.service'
[[ $(readlink -f /run/current-system) != "$good" ]]              # live all the same

extra 'services.nonsense.enable = true;'; commit; status 1 rebuild build
said "The option \`services.nonsense' does not exist"; said extra.nix
extra 'networking.hostName = "other";'; commit; status 1 rebuild build; said 'conflicting definition values'
extra 'networking.firewall.allowedTCPPorts = [ "80" ];'; commit; status 1 rebuild build; said 'is not of type'
extra 'assertions = [ { assertion = false; message = "no thanks"; } ];'; commit; status 1 rebuild build; said 'no thanks'

extra 'system.activationScripts.broken = "false";'; commit; status 2 rebuild switch
extra 'system.preSwitchChecks.no = "exit 1";'; commit; status 1 rebuild switch; said 'Pre-switch checks failed'
extra 'system.initInterfaceVersion = "systemd 3";'; commit; status 100 rebuild switch
touch /boot/broken; extra ''; commit; status 1 rebuild switch; said 'Failed to install bootloader'; rm /boot/broken

exec 8>/run/nixos/switch-to-configuration.lock; flock 8
status 11 rebuild switch 8>&-; exec 8>&-
status 2 nixos-rebuild switch --no-such-word >/dev/null 2>/tmp/err
LAB_NO_STORE_PATH=1 status 2 nixos-rebuild switch --store-path "$good" 2>/tmp/err
status 0 nixos-rebuild switch --store-path "$good" >/tmp/out 2>/tmp/err
[[ $(readlink -f /run/current-system) == "$good" && $(cat /tmp/out) == "$good" ]]
status 0 systemctl is-system-running -q
status 1 nixos-rebuild switch --store-path /etc >/tmp/out 2>/tmp/err

# A switch that was cut short after activation: the next one does what is still on its lists.
echo podman-web.service >/run/nixos/restart-list; before=$(pid podman-web)
status 0 nixos-rebuild test --store-path "$good" >/tmp/out 2>/tmp/err
[[ $(pid podman-web) != "$before" && ! -e /run/nixos/restart-list ]]
