# shellcheck shell=bash disable=SC2154
say "secrets of a stack of style compose are exchanged one by one"
keys() { # FILE: standard input, encrypted for this machine
  cat >/root/sealed
  hwcsync secrets encrypt -r "$(cat /etc/ssh/ssh_host_ed25519_key.pub)" --format age -o "$work/stacks/keys/$1" /root/sealed
  chown eric:eric "$work/stacks/keys/$1"
  rm /root/sealed
}
read_by() { test "$(podman_of homelab exec keys-reader cat /tmp/read)" = "$1"; }
copy_is() { test "$(podman_of homelab exec keys-copied cat /line)" = "token is $1"; }
token_is() { test "$(podman_of homelab exec keys-holder sh -c 'echo $TOKEN')" = "$1"; }
echo 'TOKEN=one' | keys keys.env
printf 'first' | keys password.age
edit hwcsync.yaml 's/\bstacks: \[/&keys, /'
deploy "keys" committed
check "the reader has read it" read_by first
check "the holder has its token" token_is one
check "and the copy is there" copy_is one

before=$(snapshot) units=$(invocations)
printf 'second' | keys password.age
deploy "another password" committed
check "its reader moved, and what lives in its network" test "$(moved "$before" "$(snapshot)")" = "keys-beside keys-reader"
check "it has read the new one" read_by second
check "no unit was restarted" test "$(invocations)" = "$units"
check "nothing stays for a later reload" test -z "$(ls -A /run/hwcsync/rotated)"

before=$(snapshot)
echo 'TOKEN=two' | keys keys.env
deploy "another token" committed
check "only those with the token moved" test "$(moved "$before" "$(snapshot)")" = "keys-copied keys-holder"
check "the holder has the new token" token_is two
check "and so has the copy" copy_is two
check "no unit was restarted" test "$(invocations)" = "$units"

before=$(snapshot)
as_eric sed -i 's/sleep infinity/sleep 1000000/' "$work/stacks/keys/compose.yaml"
printf 'third' | keys password.age
deploy "another password, and another command with it" committed
check "the same two moved" test "$(moved "$before" "$(snapshot)")" = "keys-beside keys-reader"
check "and the newest is read" read_by third

say "a reader that dies of its new secret takes the run back"
as_eric sed -i 's|exec sleep|grep -q third /tmp/read; exec sleep|; s/cat /set -e; cat /' "$work/stacks/keys/compose.yaml"
deploy "a reader that looks" committed
before=$(snapshot)
printf 'fourth' | keys password.age
deploy "a password that it does not take" rolled-back
check "the reader runs with the old one" eventually read_by third
check "and so do the others" test "$(wc -l <<<"$(snapshot)")" = "$(wc -l <<<"$before")"

git_ revert --no-edit HEAD >/dev/null
units=$(invocations | grep -v keys)
edit hwcsync.yaml 's/\bkeys, //'
deploy "the keys have left" committed
check "their containers are gone" eventually refuse podman_of homelab container exists keys-reader
check "no other unit was restarted" test "$(invocations)" = "$units"
good=$(current_system)
