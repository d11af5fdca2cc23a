#include "gitops/stack/repository_config.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::stack {
namespace {

RepositoryConfig read(const std::string& text) {
  return read_repository_config(MemoryTree({{"hwcsync.yaml", text}}));
}

std::string problems_as_they_stand(const std::string& text) {
  try {
    (void)read(text);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

// For cases about something else than the version.
std::string problems(const std::string& text) {
  try {
    (void)read(text.find("version:") == std::string::npos ? text + "version: 1\n" : text);
  } catch (const ConfigError& error) {
    CHECK(error.kind() == ConfigKind::repository);
    return error.what();
  }
  return "";
}

const std::string kHost = "hosts: { server: { flake: '#server' } }\n";

TEST_CASE("NUL in a text is told where it stands, when the file is read") {
  CHECK(problems("hosts: { server: { flake: \"#se\\0rver\" } }\n") ==
        "hwcsync.yaml:1:27: holds a NUL byte, or text that is not UTF-8: remove it");
}

TEST_CASE("the file of the design is read") {
  const RepositoryConfig config = read(R"(version: 1
stacks: services
generated: generated/hwcsync
defaults: { style: oci, user: homelab, timezone: Europe/Berlin }
variables: { DATA_ROOT: /mnt/docker }
secrets: vault
policy: { image-unpinned: error }
documents: [ "notes/**" ]
hosts:
  server:
    flake: "#server"
    stacks: [immich, paperless]
    variables: { DATA_ROOT: /srv/docker }
    hostname: server1
    users: { homelab: { uid: 1000, sub-ids: 200000 } }
    podman: true
    firewall: true
    recipients: [ age1x ]
)");
  CHECK(config.stacks == "services");
  CHECK(config.defaults.style == Style::oci);
  CHECK(config.policy.at("image-unpinned") == "error");
  const Host& host = config.hosts.at("server");
  CHECK(host.stacks == std::vector<std::string>{"immich", "paperless"});
  CHECK(host.stack_places.at("paperless").to_string() == "hwcsync.yaml:12:22");
  CHECK(host.users.at("homelab").gid == 100);
  CHECK(host.users.at("homelab").sub_ids == 200000);
  CHECK(host.podman);
}

TEST_CASE("an empty or missing registry is not taken for no stacks") {
  CHECK(problems_as_they_stand("") ==
        "hwcsync.yaml:1:1: the file is empty; it needs 'version: 1' and 'hosts'");
  CHECK_THAT(problems_as_they_stand(kHost),
             Catch::Matchers::Contains("hwcsync.yaml:1:1: key 'version' is missing"));
  for (const char* text : {"version: 1\n", "version: 1\nhosts: {}\n", "version: 1\nhosts:\n"}) {
    INFO(text);
    CHECK_THAT(problems_as_they_stand(text), Catch::Matchers::Contains("declares no host"));
  }
}

TEST_CASE("a repository without the file says how to get one") {
  CHECK_THROWS_WITH(
      read_repository_config(MemoryTree()),
      "hwcsync.yaml: there is no such file at the root of the repository; 'hwcsync init' writes a first one");
}

TEST_CASE("only version 1 is read") {
  CHECK(problems("version: 2\n" + kHost) ==
        "hwcsync.yaml:1:10: version 2 is not known to this hwcsync; it reads version 1");
  CHECK(problems("version: '1'\n" + kHost) == "hwcsync.yaml:1:10: expected a whole number, found '1'");
}

TEST_CASE("a key of the host's own configuration says where it belongs") {
  CHECK(problems("version: 1\npoll: 60s\n" + kHost) ==
        "hwcsync.yaml:2:7: 'poll' belongs into /etc/hwcsync/config.yaml on the host (services.hwcsync in its "
        "NixOS "
        "configuration), not into hwcsync.yaml: a revision may not say whom the host trusts");
  for (const char* key :
       {"remotes", "repository", "branch", "identities", "webhook", "notifications", "signers", "health"}) {
    INFO(key);
    CHECK_THAT(problems(std::string(key) + ": x\n" + kHost),
               Catch::Matchers::Contains("belongs into /etc/hwcsync/config.yaml"));
  }
}

TEST_CASE("unknown keys, words and rules name the nearest one") {
  CHECK(problems("varables: {}\n" + kHost) ==
        "hwcsync.yaml:1:1: unknown key 'varables'; did you mean 'variables'?");
  CHECK(problems("defaults: { style: docker }\n" + kHost) ==
        "hwcsync.yaml:1:20: expected one of compose, oci, found 'docker'");
  CHECK(problems("policy: { image-unpined: warn }\n" + kHost) ==
        "hwcsync.yaml:1:11: unknown rule 'image-unpined'; did you mean 'image-unpinned'?");
  CHECK(problems("policy: { image-unpinned: maybe }\n" + kHost) ==
        "hwcsync.yaml:1:27: expected one of error, warn, off, found 'maybe'");
  CHECK(problems("policy: { autoupdate-label: warn }\n" + kHost) ==
        "hwcsync.yaml:1:29: expected one of require, forbid, off, found 'warn'");
}

TEST_CASE("names, duplicates and flake against file are checked, all at once") {
  CHECK(problems("hosts:\n  Server:\n    flake: '#x'\n    stacks: [ a, B, a ]\n  other: {}\n  both: { flake: "
                 "'#b', file: x.nix }\n") ==
        "hwcsync.yaml:2:3: 'Server' is no name for a host (a-z, 0-9 and '-', a letter or digit first)\n"
        "hwcsync.yaml:4:18: 'B' is no name for a stack (a-z, 0-9 and '-', a letter or digit first)\n"
        "hwcsync.yaml:4:21: the stack 'a' stands twice in this list\n"
        "hwcsync.yaml:6:3: the host 'both' has both 'flake' and 'file'; only one can be\n"
        "hwcsync.yaml:5:3: the host 'other' needs 'flake' (such as \"#other\") or 'file'");
}

TEST_CASE("users must not share uids or sub-ids") {
  const std::string text = problems(
      "hosts:\n  s:\n    flake: '#s'\n    users:\n      a: { uid: 1000, sub-ids: 100000 }\n      b: { uid: "
      "1000, sub-ids: 120000 }\n      C: { uid: 0 }\n");
  CHECK_THAT(text, Catch::Matchers::Contains("hwcsync.yaml:5:7: the users 'a' and 'b' have the same uid"));
  CHECK_THAT(text, Catch::Matchers::Contains(
                       "hwcsync.yaml:5:7: the sub-ids of 'a' and 'b' overlap: each takes 65,536"));
  CHECK_THAT(text, Catch::Matchers::Contains("hwcsync.yaml:7:7: 'C' is no name for a user"));
  CHECK_THAT(text, Catch::Matchers::Contains("hwcsync.yaml:7:7: uid must be between 1 and 65533"));
}

TEST_CASE("the storage of a user is a place of that user's alone") {
  const auto host = [](const std::string& users, const std::string& rest = "podman: true") {
    return "version: 1\nhosts:\n  s:\n    flake: '#s'\n    " + rest + "\n    users:\n" + users;
  };
  const auto config = read(host("      a: { uid: 1000, storage: { path: /mnt/docker/containers } }\n"));
  CHECK(config.hosts.at("s").users.at("a").storage == Storage{"/mnt/docker/containers", "overlay"});
  CHECK(problems(host("      a: { uid: 1000, storage: { path: mnt, driver: overlai } }\n")) ==
        "hwcsync.yaml:7:23: 'mnt' must be an absolute path without '.', '..' and a slash at its end\n"
        "hwcsync.yaml:7:23: 'overlai' is no storage driver; did you mean 'overlay'?: podman has overlay, "
        "btrfs, zfs, vfs");
  CHECK_THAT(problems(host("      a: { uid: 1000, storage: { path: /x/y } }\n", "podman: false")),
             Catch::Matchers::Contains("is set up with 'podman: true'"));
  CHECK_THAT(problems(host("      a: { uid: 1000, storage: { path: /x/y } }\n"
                           "      b: { uid: 1001, sub-ids: 200000, storage: { path: /x/y/z } }\n")),
             Catch::Matchers::Contains("the storage of the users 'a' and 'b' is one place or in another"));
  for (const char* path : {"/home", "/nix", "/nix/store/x", "/etc/containers"}) {
    CHECK_THAT(problems(host("      a: { uid: 1000, storage: { path: " + std::string(path) + " } }\n")),
               Catch::Matchers::Contains("is the system's: name a directory for podman alone"));
  }
  CHECK_THAT(problems(host("      root: { uid: 1000 }\n")),
             Catch::Matchers::Contains("no user of a host can be called"));
  CHECK_THAT(problems(host("      dedicated: { uid: 1000 }\n")),
             Catch::Matchers::Contains("no user of a host can be called"));
}

TEST_CASE("podman's place of a user is no place of somebody else") {
  const auto told = [](const std::string& users) {
    return problems("hosts:\n  h:\n    flake: '#h'\n    podman: true\n    users:\n" + users + "version: 1\n");
  };
  const std::string b = "      b: { uid: 1001, sub-ids: 200000, home: /srv/b }\n";
  for (const char* place : {"/srv/b", "/srv/b/.local/share/containers/storage", "/srv/b/x"}) {
    INFO(place);
    CHECK_THAT(told("      a: { uid: 1000, storage: { path: " + std::string(place) + " } }\n" + b),
               Catch::Matchers::Contains("the home of 'b', are one place or in another"));
  }
  CHECK_THAT(told("      a: { uid: 1000, home: /srv/a, storage: { path: /srv/a } }\n"),
             Catch::Matchers::Contains("the home of 'a' is in '/srv/a'"));
  CHECK_THAT(told("      a: { uid: 1000, storage: { path: /var/lib } }\n"),
             Catch::Matchers::Contains("is the system's"));
  CHECK_THAT(told("      a: { uid: 1000, home: /srv/b }\n" + b),
             Catch::Matchers::Contains("the users 'a' and 'b' have the same home"));
  CHECK(told("      a: { uid: 1000, home: /srv/a, storage: { path: /srv/a/podman } }\n" + b).empty());
}

TEST_CASE("paths stay inside the repository and generated files apart") {
  CHECK(problems("stacks: ../x\n" + kHost) ==
        "hwcsync.yaml:1:9: '../x' must be a path inside the repository, without '.', '..' and a slash at "
        "either end");
  CHECK(problems("generated: stacks/generated\n" + kHost) ==
        "hwcsync.yaml:1:1: the directory of generated modules must not overlap 'stacks' or 'secrets'");
}

TEST_CASE("an unknown host is a usage error with the nearest name") {
  const RepositoryConfig config =
      read("version: 1\nhosts: { server: { flake: '#s' }, backup: { flake: '#b' } }\n");
  CHECK(find_host(config, "server").flake == "#s");
  try {
    (void)find_host(config, "servr");
    FAIL("an unknown host was found");
  } catch (const UsageError& error) {
    CHECK(std::string(error.what()) ==
          "unknown host 'servr': it is not in hwcsync.yaml; did you mean 'server'?");
    CHECK(error.text().hint == "hosts in hwcsync.yaml: backup, server");
  }
}

}  // namespace
}  // namespace hwcsync::stack
