# shellcheck shell=bash disable=SC2154
say "git push: words only"

before=$(snapshot)
echo "More words." | as_eric tee -a "$work/README.md" >/dev/null
words=$(commit "say more")
shown hwcsync plan --repo "$work" --host server --from HEAD~1 --to HEAD
check "no stack was parsed for that plan" test "$(json plan --repo "$work" --host server --from HEAD~1 --to HEAD | jq .counters.stacks_parsed)" = 0
push_and_expect "$words" unchanged
check "no container was touched" test "$(snapshot)" = "$before"
check "the system stayed" test "$(current_system)" = "$good_system"
check "the deployed ref moved all the same" test "$(deployed_revision)" = "$words"
