# shellcheck shell=bash disable=SC2154
say "git push: an image that dies at start, and a rotated secret with it"

before=$(snapshot)
generation=$(cat /etc/hwcsync/secrets-generation)
key_before=$(read_as 1000 $view/immich/api-key)
as_eric sed -i 's|paperless-ngx:2.13.5|paperless-ngx:2.14.0|' "$work/stacks/paperless/compose.yaml"
printf 'DB_PASSWORD=%s\nIMMICH_API_KEY=%s\n' "$(sed -n 's/^DB_PASSWORD=//p' /root/plain/immich.env)" "canaryrotated$RANDOM$RANDOM" >/root/plain/rotated.env
hwcsync secrets encrypt "${recipients[@]}" --format dotenv -o "$work/stacks/immich/immich.env" /root/plain/rotated.env
chown eric:eric "$work/stacks/immich/immich.env"
bad=$(commit "paperless 2.14")
push_and_expect "$bad" rolled-back
shown hwcsync history -n 3
check "the old system is live" test "$(current_system)" = "$good_system"
check "the profile is back" test "$(profile)" = "$good_system"
check "the deployed ref did not move" test "$(deployed_revision)" = "$words"
check "the secrets are back" test "$(cat /etc/hwcsync/secrets-generation)" = "$generation"
check "and the view shows them" test "$(read_as 1000 $view/immich/api-key)" = "$key_before"
check "paperless runs its old image" test "$(podman_of homelab container inspect --format '{{.ImageName}}' paperless)" = ghcr.io/paperless-ngx/paperless-ngx:2.13.5
check "paperless runs" running homelab paperless
check "as many containers run as before" test "$(snapshot | wc -l)" = "$(wc -l <<<"$before")"
runs=$(json history | jq '.runs | length')
hwcsync sync --no-wait >/dev/null 2>&1 || true
sleep 1
check "the bad revision is not tried again" test "$(json history | jq '.runs | length')" = "$runs"
shown hwcsync why

say "git push: the revert"
git_ revert --no-edit -q HEAD 2>/dev/null || git_ revert --no-edit HEAD >/dev/null
reverted=$(git_ rev-parse HEAD)
git_ push -q origin main
state=$(wait_for "$reverted")
[[ $state == committed || $state == unchanged ]] || fail "the revert ended '$state'"
check "the revert is deployed" test "$(deployed_revision)" = "$reverted"
check "no container of the good state was touched" test "$(snapshot | wc -l)" = "$(wc -l <<<"$before")"
