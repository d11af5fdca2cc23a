# shellcheck shell=bash disable=SC2154
say "no secret where none belongs"

# search FILE-OF-PATTERNS: the places where one of them stands, one a line.
search() {
  local patterns=$1 pid object
  # Every object of the mirror: generated commits and what they are made of.
  # Counted, not -q: a grep that stops early would end the pipe with an error, and hide what it found.
  mirror cat-file --batch-all-objects --batch 2>/dev/null | grep -caFf "$patterns" >/dev/null && echo "git objects"
  grep -rqaFf "$patterns" /nix/store && echo "nix store"
  grep -rqaFf "$patterns" /var/lib/hwcsync && echo "state directory"
  grep -rqaFf "$patterns" /run/hwcsync --exclude-dir=view && echo "runtime directory"
  grep -rqaFf "$patterns" /etc/hwcsync /etc/systemd && echo "/etc"
  journalctl --no-pager -o cat 2>/dev/null | grep -caFf "$patterns" >/dev/null && echo "journal"
  for pid in $(pgrep -f 'hwcsync(-daemon|-secretsd| worker)') "${extra_pids[@]}"; do
    grep -qaFf "$patterns" "/proc/$pid/cmdline" 2>/dev/null && echo "arguments of $pid"
    grep -qaFf "$patterns" "/proc/$pid/environ" 2>/dev/null && echo "environment of $pid"
    [[ -z $(python3 "$here/core_search.py" "$pid" "$patterns") ]] || echo "what a core of $pid would hold"
  done
  # Files that the kernel may have written already.
  find / -xdev \( -name 'core' -o -name 'core.*' -o -name '*.core' \) -type f -size +0 -path '*hwcsync*' 2>/dev/null | grep . && echo "a core file"
  return 0
}
extra_pids=()

# The search must find what is planted on purpose, everywhere it looks.
planted=canaryplanted$RANDOM$RANDOM
echo $planted >/root/planted
echo "$planted" >/var/lib/hwcsync/planted
echo "$planted" >/run/hwcsync/planted
echo "$planted" >/etc/hwcsync-planted && mv /etc/hwcsync-planted /etc/systemd/planted
echo "$planted" >/nix/store/planted
echo "$planted" | systemd-cat
mirror hash-object -w --stdin <<<"$planted" >/dev/null
(CANARY=$planted exec -a "$planted" sleep 60) &
extra_pids=($!)
sleep 0.5
journalctl --sync 2>/dev/null || true
found=$(search /root/planted)
for place in "git objects" "nix store" "state directory" "runtime directory" "/etc" "journal" "arguments of" "environment of" "what a core of"; do
  check "a planted word is found in: $place" grep -q "$place" <<<"$found"
done
kill "${extra_pids[@]}"
extra_pids=()
rm -f /var/lib/hwcsync/planted /run/hwcsync/planted /etc/systemd/planted /nix/store/planted

printf '%s\n' "${canaries[@]}" canaryrotated >/root/canaries
check "the daemon and the secret service are among the processes that are searched" test "$(pgrep -cf 'hwcsync(-daemon|-secretsd)')" -ge 2
found=$(search /root/canaries)
[[ -z $found ]] || fail "a secret stands in: $found"
checks=$((checks + 1))
note "${#canaries[@]} values searched in git objects, Nix store, state, journal, arguments, environment, cores: none found"

# The process with the keys: not dumpable, so a core has nothing, and its memory is closed to its own uid.
pid=$(systemctl show -p MainPID --value hwcsync-secrets.service)
check "the secret service cannot be dumped" grep -q '^Max core file size *0 ' "/proc/$pid/limits"
note "limit of the promise: podman keeps a container's environment in its own database (hwcsync explain secret-in-environment)"
