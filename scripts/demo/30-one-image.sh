# shellcheck shell=bash disable=SC2154
say "git push: one new image"

before=$(snapshot)
as_eric sed -i 's|immich-server:v1.120.0|immich-server:v1.121.0|' "$work/stacks/immich/compose.yaml"
second=$(commit "immich 1.121")
shown hwcsync plan --repo "$work" --host server --from HEAD~1 --to HEAD
names=$(json plan --repo "$work" --host server --from HEAD~1 --to HEAD | jq -r '[.changes[] | .stack as $s | .services[] | $s + "/" + .service] | join(" ")')
check "the plan names exactly the changed service" test "$names" = immich/server
push_and_expect "$second" committed
after=$(snapshot)
moved=$(comm -13 <(echo "$before") <(echo "$after") | awk '{print $2}')
check "exactly one container was recreated" test "$moved" = immich-server
check "it runs the new image" test "$(podman_of homelab container inspect --format '{{.ImageName}}' immich-server)" = ghcr.io/immich-app/immich-server:v1.121.0
check "the deployed ref moved" test "$(deployed_revision)" = "$second"
good_system=$(current_system)
note "recreated: $moved; $(wc -l <<<"$after") containers run, the others since before the push"
note "git push to plan ready: $(json status | jq '.last_plan_ms') ms (target 50 ms)"
