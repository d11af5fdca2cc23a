# shellcheck shell=bash disable=SC2154
say "three containers in one network namespace, the last after a healthy one"
deploy "stacks" committed
for p in $styles; do
  group=${p#-}group three=${p#-}three
  for container in $group-holder $group-db $group-app $three-a $three-b $three-c; do
    check "$container runs" is_up $container
  done
  check "$group-db is healthy" test "$(health_of $group-db)" = healthy
  check "$group-app started after that" later "$(started_at $group-app)" "$(first_healthy $group-db)"
  for member in $group-db $group-app; do
    check "$member is in the holder's namespace" test "$(inspect $member '{{.HostConfig.NetworkMode}}')" = "container:$(id_of $group-holder)"
  done
  check "$group answers through it" curl -fsS -o /dev/null "http://127.0.0.1:$(port_of $group)/"
done
good=$(current_system)
