# shellcheck shell=bash disable=SC2154
# The owner's side: a repository, keys, encrypted secrets. And a host that runs hwcsync and no stack yet.
say "an owner, a Git repository, and a host that runs hwcsync"

useradd --create-home --uid 1001 eric
install -d -o eric -g eric /srv/git
as_eric git init -q --bare --initial-branch=main "$bare"
cp -r /opt/examples/homelab "$work"
chown -R eric:eric "$work"
as_eric git init -q --initial-branch=main "$work"
git_ config user.name eric
git_ config user.email eric@example.net
git_ remote add origin "$bare"

[[ -e /etc/ssh/ssh_host_ed25519_key ]] || { mkdir -p /etc/ssh; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key; }
age-keygen -o /root/owner.key 2>/root/owner.pub
recipients=(-r "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" -r "$(sed -n 's/^Public key: //p' /root/owner.pub)")

# Values are random; those words are what the search for leaks looks for later.
mkdir -p /root/plain
canaries=()
encrypt_env() { # EXAMPLE TARGET: @random@ becomes a canary of its own
  local line out
  out=/root/plain/$(basename "$1")
  : >"$out"
  while IFS= read -r line; do
    if [[ $line == *@random@* ]]; then
      canaries+=("canary$(head -c 15 /dev/urandom | od -An -tx1 | tr -d ' \n')")
      line=${line//@random@/${canaries[-1]}}
    fi
    printf '%s\n' "$line" >>"$out"
  done <"$1"
  /opt/hwcsync/bin/hwcsync secrets encrypt "${recipients[@]}" --format dotenv -o "$2" "$out"
  chown eric:eric "$2"
}
for example in /opt/examples/secrets.example/*.env; do
  stack=$(basename "$example" .env)
  encrypt_env "$example" "$work/stacks/$stack/$stack.env"
done
note "$(ls /opt/examples/secrets.example | wc -l) secret files encrypted to the host's SSH key and to the owner's age key; ${#canaries[@]} random values"

# The lock file of the owner's flake; here its inputs come from this machine.
git_ add -A # Nix sees only what Git knows
(cd "$work" && nix flake lock --override-input nixpkgs path:/opt/lab/nix --override-input hwcsync path:/opt/hwcsync) 2>/root/lock.log ||
  { cat /root/lock.log >&2; fail "the lock file"; }
chown -R eric:eric "$work" # Nix, run by root here, has written into .git too
jq '.nodes.nixpkgs.original = {type: "github", owner: "NixOS", repo: "nixpkgs", ref: "nixos-25.05"}
    | .nodes.hwcsync.original = {type: "github", owner: "hwcsync", repo: "hwcsync"}' "$work/flake.lock" >/root/flake.lock
install -o eric -g eric -m 644 /root/flake.lock "$work/flake.lock"

# The first switch is by hand: it brings hwcsync itself.
mkdir -p /root/first
cat >/root/first/flake.nix <<'NIX'
{
  inputs.nixpkgs.url = "path:/opt/lab/nix";
  inputs.hwcsync.url = "path:/opt/hwcsync";
  outputs = { nixpkgs, hwcsync, ... }: {
    nixosConfigurations.server = nixpkgs.lib.nixosSystem {
      system = "x86_64-linux";
      modules = [ hwcsync.nixosModules.default ./configuration.nix ];
    };
  };
}
NIX
cp "$work/hosts/server/configuration.nix" /root/first/
(cd /root/first && nixos-rebuild switch --flake path:/root/first#server) >/root/first/log 2>&1 || { tail -n 40 /root/first/log; fail "the first switch"; }
first_system=$(current_system)
check "the daemon runs" systemctl is-active --quiet hwcsync.service
check "the secret service runs" systemctl is-active --quiet hwcsync-secrets.service
note "$(hwcsync version) runs, watching $bare"
