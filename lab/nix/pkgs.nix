# A small `pkgs`: writers, and packages whose bin/ are links to the programs of the distribution underneath.
# Builders run /bin/sh without a sandbox, so nothing of nixpkgs is needed.
{ lib, system ? "x86_64-linux" }:
let
  # `script` runs with bash in the build directory; it may be long, so it goes in by file.
  run = name: env: script: derivation ({
    inherit name system script;
    builder = "/bin/sh";
    args = [ "-c" ''PATH=/usr/bin:/bin:/usr/sbin exec bash -euo pipefail -c '. "$1"' build "$scriptPath"'' ];
    passAsFile = [ "script" ] ++ env.passAsFile or [ ];
    preferLocalBuild = true;
  } // removeAttrs env [ "passAsFile" "meta" "passthru" ]) // { meta = env.meta or { }; } // env.passthru or { };

  program = name: bins: {
    ${name} = run name { meta.mainProgram = builtins.head bins; passthru = { pname = name; version = "lab"; }; } ''
      mkdir -p $out/bin
      for b in ${lib.concatStringsSep " " bins}; do
        for d in /usr/bin /usr/sbin /opt/lab/bin; do if [ -e "$d/$b" ]; then ln -s "$d/$b" "$out/bin/$b"; break; fi; done
      done
    '';
  };
  words = lib.splitString " ";
  programs = lib.mergeAttrsList (lib.mapAttrsToList (name: list: program name (words list)) {
    bash = "bash sh";
    coreutils = "[ arch b2sum base32 base64 basename basenc cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dir dirname du echo env expand expr factor false fmt fold groups head hostid id install join kill link ln logname ls md5sum mkdir mkfifo mknod mktemp mv nice nl nohup nproc numfmt od paste pathchk pinky pr printenv printf ptx pwd readlink realpath rm rmdir runcon seq sha1sum sha224sum sha256sum sha384sum sha512sum shred shuf sleep sort split stat stdbuf stty sum sync tac tail tee test timeout touch tr true truncate tsort tty uname unexpand uniq unlink users vdir wc who whoami yes";
    findutils = "find xargs";
    gnugrep = "grep egrep fgrep";
    gnused = "sed";
    gawk = "awk";
    diffutils = "diff cmp";
    gnutar = "tar";
    gzip = "gzip gunzip zcat";
    util-linux = "mount umount mountpoint findmnt flock setpriv runuser logger nsenter unshare lsblk";
    systemd = "systemctl journalctl systemd-run loginctl busctl varlinkctl systemd-tmpfiles systemd-notify systemd-cat systemd-analyze systemd-escape systemd-inhibit hostnamectl";
    shadow = "newuidmap newgidmap su passwd";
    procps = "ps pgrep pkill sysctl free uptime";
    docker-compose = "docker-compose";
    crun = "crun";
    runc = "runc";
    passt = "pasta passt";
    slirp4netns = "slirp4netns";
    fuse-overlayfs = "fuse-overlayfs";
    fuse3 = "fusermount3";
    git = "git";
    openssh = "ssh ssh-keygen ssh-add scp";
    curl = "curl";
    jq = "jq";
    age = "age age-keygen";
    iproute2 = "ip ss bridge";
    nftables = "nft";
    iptables = "iptables";
    nix = "nix nix-env nix-build nix-store nix-instantiate nix-collect-garbage";
    nixos-rebuild = "nixos-rebuild";
    getent = "getent";
    hostname = "hostname";
    python3 = "python3";
    busybox = "busybox";
    hello = "echo";
    caddy = "true";
    docker = "docker";
    acl = "setfacl getfacl";
    sudo = "sudo";
    podman-helpers = "nft newuidmap newgidmap fuse-overlayfs slirp4netns pasta conmon crun runc fusermount3 mount umount systemd-run catatonit";
  }) // {
    # Wrapped as in nixpkgs: it finds its helpers whatever the caller's PATH is, and nothing else.
    # On cgroup v1 systemd cannot tell whose a message is once its sender has gone, and podman goes right after it has said
    # that a container is ready: the wrapper says so again, and stays until it has been heard.
    podman = run "podman" { meta.mainProgram = "podman"; passthru = { pname = "podman"; version = "5.4.2"; }; } ''
      mkdir -p $out/bin
      cat >$out/bin/podman <<'TEXT'
      #!/bin/sh
      PATH=$PATH:/run/wrappers/bin:${programs.podman-helpers}/bin
      case "''${NOTIFY_SOCKET:-} $* " in
        /*" --sdnotify=conmon "* | /*" --sdnotify=healthy "*) /usr/bin/podman "$@" && exec /usr/bin/systemd-notify --ready ;;
        *) exec /usr/bin/podman "$@" ;;
      esac
      TEXT
      chmod 755 $out/bin/podman
    '';
  };

  writeTextFile = { name, text, executable ? false, destination ? "", checkPhase ? "", meta ? { }, ... }:
    run name { inherit text meta; passAsFile = [ "text" ]; } ''
      target="$out${destination}"
      mkdir -p "$(dirname "$target")"
      cp "$textPath" "$target"
      ${lib.optionalString executable ''chmod 755 "$target"''}
    '';
  shebang = "#!${runtimeShell}\n";
  runtimeShell = "${programs.bash}/bin/bash";
  generate = name: text: writeTextFile { inherit name text; };
  format = toText: { type = lib.types.anything; lib = { }; generate = name: value: generate name (toText value); };

  pkgs = programs // {
    inherit lib system pkgs writeTextFile runtimeShell;
    path = ./.;
    config = { };
    stdenv = {
      inherit system;
      hostPlatform = { inherit system; isLinux = true; isx86_64 = true; isAarch64 = false; };
      isLinux = true;
      mkDerivation = a: run (a.name or "${a.pname}-${a.version}") (removeAttrs a [ "name" "buildCommand" "installPhase" "buildInputs" "nativeBuildInputs" ])
        (a.buildCommand or ''[ -z "''${src:-}" ] || cd "$src"; ${a.installPhase}'');
    };
    shadow = programs.shadow // { su = programs.shadow; };
    bashInteractive = programs.bash;
    docker-compose_2 = programs.docker-compose;
    openssl = programs.coreutils;
    glibc = programs.getent // { bin = programs.getent; };
    run = run;
    runCommand = name: env: script: run name env script;
    runCommandLocal = name: env: script: run name env script;
    writeText = generate;
    writeScript = name: text: writeTextFile { inherit name text; executable = true; };
    writeScriptBin = name: text: writeTextFile { inherit name text; executable = true; destination = "/bin/${name}"; meta.mainProgram = name; };
    writeShellScript = name: text: writeTextFile { inherit name; text = shebang + text; executable = true; };
    writeShellScriptBin = name: text: pkgs.writeScriptBin name (shebang + text);
    writeTextDir = path: text: writeTextFile { name = baseNameOf path; inherit text; destination = "/${path}"; };
    writeShellApplication = { name, text, runtimeInputs ? [ ], bashOptions ? [ "errexit" "nounset" "pipefail" ], ... }:
      pkgs.writeScriptBin name (shebang + lib.concatMapStrings (o: "set -o ${o}\n") bashOptions
        + lib.optionalString (runtimeInputs != [ ]) "export PATH=\"${lib.makeBinPath runtimeInputs}:$PATH\"\n" + "\n${text}");
    symlinkJoin = { name, paths, postBuild ? "", ... }: run name { } ''
      mkdir -p $out
      for p in ${lib.concatMapStringsSep " " toString paths}; do [ ! -d "$p" ] || cp -rsf --no-preserve=mode "$p/." $out; done
      ${postBuild}
    '';
    buildEnv = { name, paths, ... }: pkgs.symlinkJoin { inherit name paths; };
    linkFarm = name: entries: run name { } (lib.concatMapStrings
      (e: "mkdir -p $out/$(dirname ${lib.escapeShellArg e.name}); ln -s ${e.path} $out/${lib.escapeShellArg e.name}\n")
      (if lib.isList entries then entries else lib.mapAttrsToList (name: path: { inherit name path; }) entries));
    emptyDirectory = run "empty-directory" { } "mkdir $out";
    emptyFile = generate "empty-file" "";
    formats = {
      json = _: format builtins.toJSON;
      yaml = _: format builtins.toJSON;
      ini = _: format (lib.generators.toINI { });
      keyValue = _: format (lib.generators.toKeyValue { });
      toml = _: format (lib.generators.toINI { mkKeyValue = k: v: "${k} = ${builtins.toJSON v}"; });
    };
    callPackage = f: args: let fn = if lib.isFunction f then f else import f; in fn (lib.intersectAttrs (lib.functionArgs fn) pkgs // args);
  };
in
pkgs
