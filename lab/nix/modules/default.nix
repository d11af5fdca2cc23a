# Every base module. What is declared here is all that a configuration may set.
[
  ./assertions.nix
  ./systemd.nix
  ./systemd-extra.nix
  ./etc.nix
  ./users.nix
  ./networking.nix
  ./containers.nix
  ./oci-containers.nix
  ./caddy.nix
  ./declared.nix
  ./toplevel.nix
]
