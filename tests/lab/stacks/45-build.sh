# shellcheck shell=bash disable=SC2154
say "images that the machine makes itself, from files of the repository"
for p in $styles; do
  name=${p#-}made
  as_eric mkdir -p "$work/stacks/$name/site"
  {
    echo "build: true"
    if [[ $name == r* ]]; then echo "style: oci"; fi
  } >"$work/stacks/$name/stack.yaml"
  printf 'services:\n  site:\n    build: ./site\n    container_name: %s-site\n    ports: ["127.0.0.1:%s:8080"]\n' \
    $name $((10 + $(port_of $name))) >"$work/stacks/$name/compose.yaml"
  printf 'FROM localhost/lab/app:1\nCOPY page /www/page\nRUN cp /www/page /www/copied\n' >"$work/stacks/$name/site/Dockerfile"
  echo "first words" >"$work/stacks/$name/site/page"
  edit hwcsync.yaml "s/\bstacks: \[/&$name, /"
done
chown -R eric:eric "$work"
before=$(snapshot) units=$(invocations)
deploy "made here" committed
run=$(run_of "$revision" | jq .id)
for p in $styles; do
  name=${p#-}made
  check "$name serves what was copied into its image" test "$(curl -fsS "http://127.0.0.1:$((10 + $(port_of $name)))/copied")" = "first words"
done
check "no other container moved" test "$(grep -v made <<<"$(snapshot)")" = "$before"
journal=/var/lib/hwcsync/runs/$run/journal.jsonl
last_build=$(grep -n '"image":' "$journal" | tail -n 1 | cut -d: -f1)
check "the images were there before the switch" test "$last_build" -lt "$(grep -n '"switching"' "$journal" | head -n 1 | cut -d: -f1)"
check "what podman said is kept" grep -q 'COPY page' "/var/lib/hwcsync/runs/$run/images.log"

say "other words in an image: that container is made anew; a file that cannot be built: nothing happens"
before=$(snapshot)
for p in $styles; do
  name=${p#-}made
  echo "second words" | as_eric tee "$work/stacks/$name/site/page" >/dev/null
done
deploy "other words" committed
for p in $styles; do
  name=${p#-}made
  check "$name has the second words" test "$(curl -fsS "http://127.0.0.1:$((10 + $(port_of $name)))/page")" = "second words"
done
check "no other container moved" test "$(grep -v made <<<"$(snapshot)")" = "$(grep -v made <<<"$before")"
before=$(snapshot) good=$(current_system)
echo 'COPY nothing /www/' | as_eric tee -a "$work/stacks/${styles##*[ -]}made/site/Dockerfile" >/dev/null
deploy "cannot be built" failed
check "nothing moved" test "$(snapshot)" = "$before"
check "nothing was switched" test "$(current_system)" = "$good"
git_ revert --no-edit HEAD >/dev/null
git_ push -q origin main
reverted=$(wait_for "$(git_ rev-parse HEAD)")
check "the revert is accepted" test "$reverted" = committed -o "$reverted" = unchanged

say "they leave"
for p in $styles; do edit hwcsync.yaml "s/\b${p#-}made, //"; done
deploy "nothing is made here" committed
good=$(current_system)
