# shellcheck shell=bash disable=SC2154
say "a container that nobody restarts sees a rotated value; a revoked one is closed under its reader"
podman_by_socket run -d --quiet --name by-hand --user 33 -v "$token:/run/secrets/token:ro" localhost/lab/part:1 >/dev/null
check "it reads its file" test "$(by_hand cat /run/secrets/token)" = round-1-00-of-photos
started_before=$(started homelab by-hand)
# Holds two descriptors over the commit: one of a secret that stays, one of a secret that goes.
setpriv --reuid 1000 --regid 1000 --clear-groups -- python3 "$here/hold.py" "$token" $view/photos/s49 </dev/null >/root/held 2>&1 &
holder=$!
eventually test -s /root/held || fail "the holder of descriptors"
encrypt_round 2
edit stacks/photos/stack.yaml '/s49:/d'
deploy "rotated, and one less" committed
check "it sees the new value" test "$(by_hand cat /run/secrets/token)" = round-2-00-of-photos
check "without a restart" test "$(started homelab by-hand)" = "$started_before"
kill -USR1 $holder
wait $holder || true
check "the open descriptor reads on what it was opened in" grep -qx 'kept: round-1-00-of-photos' /root/held
check "the revoked one gives EACCES" grep -qx 'revoked: EACCES' /root/held
check "the revoked name is gone" refuse read_as 1000 $view/photos/s49
check "which is on record" audited '.uid == 1000 and .path == "photos/s49" and .op == "deny" and .result == "Permission denied"'
