# shellcheck shell=bash disable=SC2154
say "what the secret service cannot do"
# The same restrictions around a program that tries.
systemctl cat hwcsync-secrets.service | sed -n '/^\[Service\]/,/^\[/p' |
  grep -Ev '^\[|^(Type|NotifyAccess|ExecStart|ExecReload|Restart|RestartSec|FileDescriptorStore.*|WatchdogSec|#.*)' >/root/inside.conf
{ echo "[Service]"; echo "Type=oneshot"; cat /root/inside.conf; echo "ExecStart=/usr/bin/python3 $here/inside.py"; echo "StandardOutput=file:/root/inside"; } >/run/systemd/system/inside.service
systemctl daemon-reload
systemctl start inside.service || { journalctl -u inside -n 20 --no-pager; fail "the program that tries"; }
while read -r what result; do
  case $what in
    unix | mount | private) check "$what works" test "$result" = works ;;
    *) check "$what is refused" test "$result" = refused ;;
  esac
done < <(grep ' ' /root/inside)
check "all was tried" test "$(grep -c ' ' /root/inside)" = 14
check "it is in the machine's mount namespace" test "$(readlink "/proc/$(secrets_pid)/ns/mnt")" = "$(readlink /proc/1/ns/mnt)"
check "no core" grep -q '^Max core file size *0 *0 ' "/proc/$(secrets_pid)/limits"
allowed='cap_chown,cap_dac_override,cap_dac_read_search,cap_fowner,cap_ipc_lock,cap_sys_ptrace,cap_sys_admin'
check "few capabilities" test "$(capsh --decode="$(sed -n 's/^CapBnd:\s*//p' "/proc/$(secrets_pid)/status")" | cut -d= -f2)" = $allowed
shown systemd-analyze security --no-pager hwcsync-secrets.service | tail -n 2
