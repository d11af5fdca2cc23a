{
  lib,
  stdenv,
  cmake,
  ninja,
  pkg-config,
  cli11,
  fmt,
  fuse3,
  httplib,
  libgit2,
  libsodium,
  nlohmann_json,
  openssl,
  spdlog,
  sqlite,
  sqlitecpp,
  systemd,
  yaml-cpp,
}:

stdenv.mkDerivation {
  pname = "hwcsync";
  version = "0.1.0";

  # What the program is made of, and nothing else: a change of a page does not rebuild it.
  src = lib.fileset.toSource {
    root = ../.;
    fileset = lib.fileset.unions [
      ../CMakeLists.txt
      ../cmake
      ../src
      ../gitops
      ../secrets
      ../watcher
      ../nix/build-image.sh
      ../nix/compose-stack.sh
      ../nix/mk-service.nix
      ../nix/podman-prune.sh
      ../nix/oci-resource.sh
      ../systemd
    ];
  };

  nativeBuildInputs = [
    cmake
    ninja
    pkg-config
  ];

  buildInputs = [
    cli11
    fmt
    fuse3
    httplib
    libgit2
    libsodium
    nlohmann_json
    openssl
    spdlog
    sqlite
    sqlitecpp
    systemd
    yaml-cpp
  ];

  cmakeFlags = [ "-DHWCSYNC_TESTS=OFF" ];

  meta = {
    description = "Keeps a NixOS host in step with a Git repository of container stacks";
    mainProgram = "hwcsync";
    platforms = lib.platforms.linux;
  };
}
