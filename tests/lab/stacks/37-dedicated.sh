# shellcheck shell=bash disable=SC2154
say "a user of the stack's own, made by the switch that starts it, whose podman keeps its things in a place of its own"
own=stack-household place=/mnt/household
roots=$(podman info --format '{{.Store.GraphRoot}}') homelabs=$(podman_of homelab info --format '{{.Store.GraphRoot}}')
before=$(snapshot) units=$(invocations)
# Nothing can be pulled here, and a user who is not there yet can be given no images: the start does it.
edit stacks/household/stack.yaml \
  's/^user: .*/user: dedicated/; s/^style: .*/style: compose/; s|^    - echo .*|    - grep -E "/(db\|app):" /opt/stacks/images.txt \| /opt/lab/machine/guest/images|'
edit hwcsync.yaml "s|users: { |&$own: { uid: 2000, sub-ids: 1000000, storage: { path: $place } }, |; s/\\bstacks: \\[/&household, /"
deploy "a user for the household" committed
check "the user is there" test "$(id -u $own)" = 2000
in_place() { # DIRECTORY: what the chapter has asked for
  local container
  check "podman of that user keeps its things in $1" test "$(podman_of $own info --format '{{.Store.GraphRoot}}')" = "$1"
  check "so does the service at the user's socket" \
    test "$(podman --url unix:///run/user/2000/podman/podman.sock info --format '{{.Store.GraphRoot}}')" = "$1"
  check "nobody else may look" test "$(stat -c '%U %a' "$1")" = "$own 700"
  for container in household-db household-app; do
    check "$container runs as the stack's own user" running $own $container
    check "its files are in that place" test -d "$1/overlay-containers/$(podman_of $own inspect --format '{{.Id}}' $container)"
  done
  check "so is the volume" test "$(podman_of $own volume inspect --format '{{.Mountpoint}}' household_kept)" = "$1/volumes/household_kept/_data"
  check "the secret file is there" test "$(podman_of $own exec household-db cat /run/secrets/password)" = "in a file"
  check "the application answers" curl -fsS -o /dev/null http://127.0.0.1:8082/
  check "root's podman has not moved" test "$(podman info --format '{{.Store.GraphRoot}}')" = "$roots"
  check "nor has homelab's" test "$(podman_of homelab info --format '{{.Store.GraphRoot}}')" = "$homelabs"
  check "no other container moved" test "$(snapshot)" = "$before"
  check "no other unit was restarted" test "$(invocations | grep -v household)" = "$units"
}
in_place $place
check "homelab has none of these names" refuse podman_of homelab container exists household-db
podman_of $own exec household-db sh -c 'echo here >/data/mark'

say "the storage of that user goes to another place"
first=$(podman_of $own inspect --format '{{.Id}}' household-db)
edit hwcsync.yaml "s|$place |/mnt/elsewhere |"
moving=$(commit "another place")
git_ push -q origin main
status=0
hwcsync apply --to "$moving" --yes >/root/apply.log 2>&1 || status=$?
check "a volume that would start empty is refused" test $status = 5
check "in words" grep -q "volume 'kept' starts empty" /root/apply.log
hwcsync apply --to "$moving" --yes --ack volume-removed:household/kept >/root/apply.log 2>&1 || { cat /root/apply.log; fail "the move"; }
in_place /mnt/elsewhere
check "the containers are others" test "$(podman_of $own inspect --format '{{.Id}}' household-db)" != "$first"
check "the volume is empty" refuse podman_of $own exec household-db test -e /data/mark
check "the old one is as it was" test "$(cat $place/volumes/household_kept/_data/mark)" = here
check "nothing runs there any more" refuse pgrep -f "conmon .*$place/"

say "and back: what was left there is there"
hwcsync rollback >/root/apply.log 2>&1 || { cat /root/apply.log; fail "the way back"; }
in_place $place
check "the volume has its data" test "$(podman_of $own exec household-db cat /data/mark)" = here
check "the container is the old one" test "$(podman_of $own inspect --format '{{.Id}}' household-db)" = "$first"
git_ revert --no-edit HEAD >/dev/null
edit hwcsync.yaml 's/\bhousehold, //'
deploy "the household has left again" committed
check "its containers are gone" eventually test_that '[[ -z $(podman_of $own ps -aq) ]]'
check "its volume is not" podman_of $own volume exists household_kept
good=$(current_system)
