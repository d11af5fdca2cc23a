# shellcheck shell=bash disable=SC2154
say "a stack of style oci whose containers are a user's"
sealed() { # FILE: standard input, encrypted for this machine
  cat >/root/sealed
  hwcsync secrets encrypt -r "$(cat /etc/ssh/ssh_host_ed25519_key.pub)" --format age -o "$work/stacks/household/$1" /root/sealed
  chown eric:eric "$work/stacks/household/$1"
  rm /root/sealed
}
before=$(snapshot) units=$(invocations)
echo 'TOKEN=of the household' | sealed household.env
printf 'in a file' | sealed password.age
edit hwcsync.yaml 's/\bstacks: \[/&household, /'
deploy "a household" committed
for container in household-db household-app; do
  check "$container runs as homelab's" running homelab $container
  check "and root has none of that name" refuse podman container exists $container
  check "its unit is homelab's" test "$(systemctl show -P User podman-$container.service)" = homelab
done
check "the database is healthy" test "$(health_of household-db)" = healthy
check "the application answers" curl -fsS -o /dev/null http://127.0.0.1:8082/
check "the network is homelab's" podman_of homelab network exists household_inner
check "and not root's" refuse podman network exists household_inner
check "one asks the other by its name" podman_of homelab exec household-app sh -c 'nc -w 3 db 5432 </dev/null'
check "the secret file is there" test "$(podman_of homelab exec household-db cat /run/secrets/password)" = "in a file"
check "so is the secret variable" test "$(podman_of homelab exec household-app sh -c 'echo $TOKEN')" = "of the household"
check "the command before the start ran once, as the user" test "$(sed 's/ inner$/ /' /home/homelab/household.log)" = "homelab /home/homelab "
check "no other container moved" test "$(grep -v household <<<"$(snapshot)")" = "$before"
check "no unit of another stack was restarted" test "$(invocations | grep -v household)" = "$units"

say "one environment value of the household: one container of two"
before=$(snapshot) units=$(invocations)
edit stacks/household/compose.yaml 's/COLOUR: red/COLOUR: green/'
deploy "green" committed
check "exactly one container moved" test "$(moved "$before" "$(snapshot)")" = household-app
check "and has the new value" test "$(podman_of homelab exec household-app sh -c 'echo $COLOUR')" = green
check "no other unit was restarted" test "$(changed_units "$units")" = podman-household-app.service

say "a secret of the household is exchanged: its readers start anew"
before=$(snapshot)
echo 'TOKEN=of the new household' | sealed household.env
deploy "another token" committed
check "the container has it" test "$(podman_of homelab exec household-app sh -c 'echo $TOKEN')" = "of the new household"
check "no container of another stack moved" test "$(grep -v household <<<"$(snapshot)")" = "$(grep -v household <<<"$before")"

say "one of its containers dies"
old=$(id_of household-app)
podman_of homelab kill household-app >/dev/null
check "it comes back" eventually test_that "is_up household-app && [[ \$(id_of household-app) != $old ]]"
check "the application answers again" eventually curl -fsS -o /dev/null http://127.0.0.1:8082/

say "the household leaves"
before=$(snapshot | grep -v household) units=$(invocations | grep -v household)
edit hwcsync.yaml 's/\bhousehold, //'
deploy "the household has left" committed
for container in household-db household-app; do
  check "$container is gone" eventually refuse podman_of homelab container exists $container
done
check "so is its network" eventually refuse podman_of homelab network exists household_inner
check "its volume is not" podman_of homelab volume exists household_kept
check "no other container moved" test "$(snapshot)" = "$before"
check "no other unit was restarted" test "$(invocations)" = "$units"
check "no unit failed" test -z "$(systemctl list-units --failed --plain --no-legend 'podman-*' 'hwcsync-*' 'household-*')"
good=$(current_system)
