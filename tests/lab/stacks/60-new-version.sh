# shellcheck shell=bash disable=SC2154
say "a new version of hwcsync: nothing restarts"
before=$(snapshot) units=$(invocations)
old=$(readlink -f /run/current-system/sw/bin/hwcsync)
daemon=$(invocation hwcsync) secrets=$(systemctl show -P MainPID hwcsync-secrets.service)
# The library and the start script are part of the program: another text of the same length makes it another version.
python3 - /opt/hwcsync/bin/hwcsync <<'PY'
import sys
path = sys.argv[1]
data = open(path, "rb").read()
for old, new in ((b"Starts and stops one rootless Compose stack.", b"Stops and starts one rootless Compose stack."),
                 (b"Networks and volumes of stacks of style oci", b"Volumes and networks of stacks of style oci")):
    assert data.count(old) == 1, data.count(old)
    data = data.replace(old, new)
open(path + ".new", "wb").write(data)
PY
chmod 755 /opt/hwcsync/bin/hwcsync.new
mv /opt/hwcsync/bin/hwcsync.new /opt/hwcsync/bin/hwcsync
lock
deploy "hwcsync: a new version" committed
check "the new version is installed" test "$(readlink -f /run/current-system/sw/bin/hwcsync)" != "$old"
check "no container moved" test "$(snapshot)" = "$before"
check "no unit of a stack was restarted" test "$(invocations)" = "$units"
check "the daemon was not restarted by the switch" test "$(invocation hwcsync)" = "$daemon"
systemctl restart hwcsync.service
edit hosts/server/configuration.nix 's/"two"/"three"/'
deploy "rendered by the new version" committed
check "its start script is in place" grep -q "Stops and starts one rootless" /etc/hwcsync/bin/compose-stack
if [[ $styles == *r* ]]; then
  check "so is that of style oci" grep -q "Volumes and networks of stacks" /etc/hwcsync/bin/oci-resource
fi
check "no container moved" test "$(snapshot)" = "$before"
check "no unit of a stack was restarted" test "$(invocations)" = "$units"
