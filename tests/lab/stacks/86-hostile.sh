# shellcheck shell=bash disable=SC2154
say "hostile text in every position, asked back from podman and from the kernel"
for p in $styles; do
  stack=${p#-}hostile style=compose
  if [[ $p == r ]]; then style=oci; fi
  as_eric mkdir "$work/stacks/$stack"
  as_eric python3 "$here/hostile.py" make $style $stack "$work/stacks/$stack" >/root/$stack.json
  hwcsync secrets encrypt -r "$(cat /etc/ssh/ssh_host_ed25519_key.pub)" --format age -o "$work/stacks/$stack/$stack.env" \
    "$work/stacks/$stack/env.plain"
  rm "$work/stacks/$stack/env.plain"
  chown eric:eric "$work/stacks/$stack/$stack.env"
  edit hwcsync.yaml "s/\\bstacks: \\[/&$stack, /"
done
deploy "hostile text" committed
for p in $styles; do
  stack=${p#-}hostile
  answer=$(python3 "$here/hostile.py" ask /root/$stack.json "$(owner_of $stack)") || fail "hostile text in $stack"
  note "$answer"
  checks=$((checks + 1))
done
for p in $styles; do edit hwcsync.yaml "s/\\b${p#-}hostile, //"; done
deploy "hostile text has left" committed
