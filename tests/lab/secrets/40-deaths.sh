# shellcheck shell=bash disable=SC2154
say "the secret service dies, is restarted and replaced while eight readers read"
rm -f /tmp/stop
readers=()
for ((i = 0; i < 8; i++)); do
  setpriv --reuid 1000 --regid 1000 --clear-groups -- python3 "$here/read_on.py" $view/photos /tmp/stop 'round-2-\d\d-of-photos' >"/root/reader$i" 2>&1 &
  readers+=($!)
done
inode_before=$(inode_of "$token")
# replaced PID: another process serves.
replaced() { [[ $(secrets_pid) != 0 && $(secrets_pid) != "$1" ]] && systemctl is-active --quiet hwcsync-secrets.service; }
for ((i = 0; i < 40; i++)); do
  pid=$(secrets_pid)
  systemctl kill -s KILL hwcsync-secrets.service
  eventually replaced "$pid" || fail "no successor of $pid"
done
for ((i = 0; i < 10; i++)); do systemctl restart hwcsync-secrets.service; done
check "it was not given up" systemctl is-active --quiet hwcsync-secrets.service

program=$(readlink "/proc/$(secrets_pid)/exe")
chmod u+w "$(dirname "$program")"
cp "$program" "$program.new"
echo upgraded >>"$program.new"
mv "$program.new" "$program"
systemctl restart hwcsync-secrets.service
check "the successor is the upgraded program" cmp -s "/proc/$(secrets_pid)/exe" "$program"
check "and not the old one" test "$(tail -c 9 "/proc/$(secrets_pid)/exe")" = upgraded
# A stop and a start are no end either.
systemctl stop hwcsync-secrets.service
systemctl start hwcsync-secrets.service
sleep 0.5
: >/tmp/stop
total=0
for ((i = 0; i < 8; i++)); do
  wait "${readers[$i]}" || fail "reader $i: $(cat "/root/reader$i")"
  total=$((total + $(cat "/root/reader$i")))
done
checks=$((checks + 8))
check "they did read" test "$total" -gt 1000
check "the inode is the same" test "$(inode_of "$token")" = "$inode_before"
check "and so is the container's file" test "$(by_hand cat /run/secrets/token)" = round-2-00-of-photos
note "40 kills, 11 restarts, a stop: $total reads, none failed"
