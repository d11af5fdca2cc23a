# shellcheck shell=bash disable=SC2154
say "git push: a secret that this host cannot decrypt"

before=$(snapshot)
age-keygen -o /root/stranger.key 2>/root/stranger.pub
hwcsync secrets encrypt -r "$(sed -n 's/^Public key: //p' /root/stranger.pub)" --format dotenv -o "$work/stacks/n8n/n8n.env" /root/plain/n8n.env
chown eric:eric "$work/stacks/n8n/n8n.env"
undecryptable=$(commit "a new key for n8n")
push_and_expect "$undecryptable" failed
shown hwcsync why
check "why says who could" grep -q "$(sed -n 's/^Public key: //p' /root/stranger.pub)" <(hwcsync why)
check "no container was touched" test "$(snapshot)" = "$before"
check "the system stayed" test "$(current_system)" = "$good_system"
git_ revert --no-edit HEAD >/dev/null
mended=$(git_ rev-parse HEAD)
git_ push -q origin main
state=$(wait_for "$mended")
[[ $state == committed || $state == unchanged ]] || fail "the mended revision ended '$state'"
reverted=$mended
