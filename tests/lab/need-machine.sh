# shellcheck shell=bash
# Exits 77 with the reason where no machine can be started.
[[ $(id -u) == 0 ]] || { echo "skipped: a machine takes root"; exit 77; }
[[ -e /dev/fuse ]] || { echo "skipped: there is no /dev/fuse"; exit 77; }
unshare --mount true 2>/dev/null || { echo "skipped: no mount namespaces here"; exit 77; }
