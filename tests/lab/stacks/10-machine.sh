# shellcheck shell=bash disable=SC2154
say "a repository with stacks of both styles, and a host that runs hwcsync"
useradd --create-home --uid 1001 eric
install -d -o eric -g eric /srv/git
as_eric git init -q --bare --initial-branch=main "$bare"
cp -r "$here/config" "$work"
# The same stacks once more in style oci: as root's containers, with an r before every name.
for stack in group three leaving; do
  mkdir "$work/stacks/r$stack"
  sed "s/$stack-/r$stack-/; s/127.0.0.1:8080/127.0.0.1:8081/" "$work/stacks/$stack/compose.yaml" >"$work/stacks/r$stack/compose.yaml"
  {
    echo "style: oci"
    if [[ -e $work/stacks/$stack/stack.yaml ]]; then
      sed '/^prepare:/,$d; s/127.0.0.1:8080/127.0.0.1:8081/' "$work/stacks/$stack/stack.yaml"
    fi
  } >"$work/stacks/r$stack/stack.yaml"
done
chown -R eric:eric "$work"
as_eric git init -q --initial-branch=main "$work"
git_ config user.name eric
git_ config user.email eric@example.net
git_ remote add origin "$bare"
lock

mkdir -p /root/first
sed 's|github:NixOS/nixpkgs/nixos-25.05|path:/opt/lab/nix|; s|github:hwcsync/hwcsync|path:/opt/hwcsync|; /generated/d' \
  "$work/flake.nix" >/root/first/flake.nix
cp -r "$work/hosts" /root/first/
[[ -e /etc/ssh/ssh_host_ed25519_key ]] || { mkdir -p /etc/ssh; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; }
(cd /root/first && nixos-rebuild switch --flake path:/root/first#server) >/root/first/log 2>&1 || { tail -n 40 /root/first/log; fail "the first switch"; }
check "the daemon runs" systemctl is-active --quiet hwcsync.service
