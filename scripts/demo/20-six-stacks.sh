# shellcheck shell=bash disable=SC2154
say "git push: six stacks"

first=$(commit "six stacks")
git_ push -q origin main
shown hwcsync plan --repo "$bare" --host server --to main
state=$(wait_for "$first")
[[ $state == committed ]] || { hwcsync log 1 >&2 || true; journalctl -u hwcsync -n 40 --no-pager >&2; fail "the first run ended '$state'"; }
shown hwcsync history
six_system=$(current_system)

check "a new system is live" test "$six_system" != "$first_system"
check "the profile points to it" test "$(profile)" = "$six_system"
check "the deployed ref names the revision" test "$(deployed_revision)" = "$first"
for container in immich-server immich-machine-learning immich-database immich-redis paperless caddy; do
  check "homelab's $container runs" running homelab "$container"
done
for container in jellyfin postgres n8n; do
  check "root's $container runs" running root "$container"
done
check "the photo library answers" curl -fsS -o /dev/null http://127.0.0.1:2283/api/server/ping
check "history has one committed run" test "$(json history | jq '[.runs[] | select(.state == "committed")] | length')" = 1

say "secrets: readable by their owner and by nobody else"
wanted=$(sed -n 's/^IMMICH_API_KEY=//p' /root/plain/immich.env)
check "homelab reads the view" test "$(read_as 1000 $view/immich/api-key)" = "$wanted"
check "eric does not" refuse read_as 1001 $view/immich/api-key
check "nor does root, whose secret it is not" refuse cat $view/immich/api-key
check "a container reads its file" test "$(podman_of homelab exec immich-server cat /run/secrets/api-key)" = "$wanted"
check "a rootful container got its environment" \
  test "$(podman_of root exec n8n sh -c 'echo $N8N_ENCRYPTION_KEY')" = "$(sed -n 's/^N8N_ENCRYPTION_KEY=//p' /root/plain/n8n.env)"
check "a rootful container reads its file" \
  test "$(podman_of root exec postgres cat /run/secrets/superuser)" = "$(sed -n 's/^POSTGRES_PASSWORD=//p' /root/plain/postgres.env)"
note "as uid 1000: $(read_as 1000 $view/immich/api-key | cut -c1-8)...   as uid 1001: $(read_as 1001 $view/immich/api-key 2>&1 | sed 's/.*: //')"
shown hwcsync secrets ls
