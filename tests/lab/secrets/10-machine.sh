# shellcheck shell=bash disable=SC2154
say "two users with a stack each, and fifty secrets"
useradd --create-home --uid 1001 eric
useradd --create-home --uid 1002 neighbour
sed -i '/^neighbour:/d' /etc/subuid /etc/subgid
echo 'neighbour:300000:65536' | tee -a /etc/subuid >>/etc/subgid
: >/var/lib/systemd/linger/neighbour
systemctl start user@1002.service
eventually test -S /run/user/1002/bus || fail "neighbour's manager"
/opt/lab/machine/guest/as-user neighbour /opt/lab/machine/guest/images <"$here/images.txt"
mkdir -p $plain /root/first
[[ -e /etc/ssh/ssh_host_ed25519_key ]] || { mkdir -p /etc/ssh; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; }
install -d -o eric -g eric /srv/git
as_eric git init -q --bare --initial-branch=main "$bare"
cp -r "$here/config" "$work"
{
  echo "secrets:"
  echo "  token: { source: photos.yaml, key: k00 }"
  for ((i = 1; i < 50; i++)); do printf '  s%02d: { source: photos.yaml, key: k%02d }\n' "$i" "$i"; done
} >"$work/stacks/photos/stack.yaml"
encrypt_round 1
echo -n of-notes >$plain/key
hwcsync_ secrets encrypt -r "$(recipient)" --format age -o "$work/stacks/notes/key.age" $plain/key
chown -R eric:eric "$work"
as_eric git init -q --initial-branch=main "$work"
git_ config user.name eric
git_ config user.email eric@example.net
git_ remote add origin "$bare"
lock
sed 's|github:NixOS/nixpkgs/nixos-25.05|path:/opt/lab/nix|; s|github:hwcsync/hwcsync|path:/opt/hwcsync|; /generated/d' \
  "$work/flake.nix" >/root/first/flake.nix
cp -r "$work/hosts" /root/first/
(cd /root/first && nixos-rebuild switch --flake path:/root/first#server) >/root/first/log 2>&1 || { tail -n 40 /root/first/log; fail "the first switch"; }
deploy "fifty secrets" committed
check "the stacks run" running homelab photos-web
check "the neighbour's too" running neighbour notes-web
