#include "src/settings/settings.hpp"

#include "src/base/error.hpp"
#include "src/base/fd.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/temporary_directory.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace hwcsync::settings {
namespace {

constexpr const char* kSmallest = "version: 1\nrepository: { url: /srv/config.git }\n";

std::string problems_of(const std::string& text) {
  try {
    (void)parse_settings(text, "config.yaml");
  } catch (const ConfigError& error) {
    REQUIRE(error.kind() == ConfigKind::host);
    return error.what();
  }
  return "";
}

TEST_CASE("the smallest file gives the documented defaults") {
  const Settings settings = parse_settings(kSmallest, "config.yaml");
  CHECK(settings.repository.url == "/srv/config.git");
  CHECK(settings.repository.branch == "main");
  CHECK(settings.poll_interval == std::chrono::seconds(60));
  CHECK(settings.identities == std::vector<std::string>{"/etc/ssh/ssh_host_ed25519_key"});
  CHECK(settings.state_dir == "/var/lib/hwcsync");
  CHECK(settings.runtime_dir == "/run/hwcsync");
  CHECK(settings.health.settle == std::chrono::seconds(10));
  CHECK(settings.health.check_remote);
  CHECK(settings.deadlines.build == std::chrono::hours(2));
  CHECK_FALSE(settings.host.empty());
  CHECK(settings.mirror() == "/var/lib/hwcsync/mirror.git");
}

TEST_CASE("every key is read") {
  const Settings settings = parse_settings(R"(version: 1
host: server
repository: { url: "ssh://git@example.net/config.git", branch: production }
poll-interval: 5min
identities: [/etc/keys/one, /etc/keys/two]
state-dir: /srv/state/
runtime-dir: /run/other
nixos-rebuild: /opt/bin/nixos-rebuild
nix: /opt/bin/nix
health: { settle: 2s, timeout: 1m30s, check-remote: false }
deadlines: { fetch: 30s, pull: 1h, build: 3h, switch: 20min }
log-level: debug
)",
                                           "config.yaml");
  CHECK(settings.host == "server");
  CHECK(settings.repository.branch == "production");
  CHECK(settings.poll_interval == std::chrono::minutes(5));
  CHECK(settings.identities == std::vector<std::string>{"/etc/keys/one", "/etc/keys/two"});
  CHECK(settings.state_dir == "/srv/state");
  CHECK(settings.nixos_rebuild == "/opt/bin/nixos-rebuild");
  CHECK(settings.health.timeout == std::chrono::seconds(90));
  CHECK_FALSE(settings.health.check_remote);
  CHECK(settings.deadlines.switching == std::chrono::minutes(20));
  CHECK(settings.log_level == LogLevel::debug);
}

TEST_CASE("a key of another file is told where it belongs, once") {
  const std::string text =
      problems_of(std::string(kSmallest) + "stacks: [immich]\nfirewall: { tcp: [80] }\n");
  CHECK(text.find("config.yaml:3:1: 'stacks' does not belong in this host's configuration: it stands in "
                  "hwcsync.yaml") != std::string::npos);
  CHECK(
      text.find(
          "config.yaml:4:1: 'firewall' does not belong in this host's configuration: it stands in a stack's "
          "stack.yaml") != std::string::npos);
  CHECK(text.find("unknown key") == std::string::npos);
}

TEST_CASE("slips are told with their place and the nearest word") {
  struct Row {
    std::string text;
    std::string message;
  };
  const std::vector<Row> rows{
      {"poll_interval: 60s\n", "config.yaml:3:1: unknown key 'poll_interval'; did you mean 'poll-interval'?"},
      {"poll-interval: 60\n", "config.yaml:3:16: 'poll-interval' needs a time with its unit"},
      {"poll-interval: 0s\n", "config.yaml:3:16: 'poll-interval' needs a time with its unit"},
      {"health: { settle: soon }\n", "config.yaml:3:19: 'settle' needs a time"},
      {"state-dir: var/lib\n", "config.yaml:3:12: 'state-dir' needs an absolute path"},
      {"state-dir: /var/../etc\n", "'state-dir' needs an absolute path"},
      {"identities: []\n", "'identities' is empty"},
      {"identities: [key]\n", "the absolute path of a key, found 'key'"},
      {"log-level: loud\n", "expected one of debug, info, warning, error, found 'loud'"},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const std::string text = problems_of(kSmallest + row.text);
    INFO(text);
    CHECK(text.find(row.message) != std::string::npos);
  }
}

TEST_CASE("a repository that git would take for an option or a command is refused") {
  for (const char* url : {"--upload-pack=x", "ext::sh", "relative/path", "", "/with space", "a\tb"}) {
    INFO(url);
    CHECK_FALSE(problems_of("version: 1\nrepository: { url: \"" + std::string(url) + "\" }\n").empty());
  }
  for (const char* url :
       {"/srv/config.git", "file:///srv/x", "https://example.net/x.git", "git@example.net:x.git"}) {
    INFO(url);
    CHECK(problems_of("version: 1\nrepository: { url: \"" + std::string(url) + "\" }\n").empty());
  }
}

TEST_CASE("a branch name that git refuses is refused here") {
  for (const char* branch :
       {"-x", "a..b", "a b", "a/", "/a", "x.lock", "a@{1}", "a~1", "@", "a//b", ".a", "a/.b"}) {
    INFO(branch);
    CHECK_FALSE(problems_of("version: 1\nrepository: { url: /r, branch: \"" + std::string(branch) + "\" }\n")
                    .empty());
  }
  CHECK(problems_of("version: 1\nrepository: { url: /r, branch: feature/x.1 }\n").empty());
}

TEST_CASE("a file without repository or version is refused") {
  CHECK(problems_of("version: 1\n").find("key 'repository' is missing") != std::string::npos);
  CHECK(problems_of("repository: { url: /r }\n").find("key 'version' is missing") != std::string::npos);
  CHECK(problems_of("version: 2\nrepository: { url: /r }\n").find("version 1") != std::string::npos);
  CHECK(problems_of("").find("the file is empty") != std::string::npos);
}

TEST_CASE("a missing file is a problem of the host's configuration") {
  const test::TemporaryDirectory directory;
  REQUIRE_THROWS_AS(read_settings(directory.path() + "/config.yaml"), ConfigError);
}

TEST_CASE("the path comes from the option, then the environment, then the default") {
  ::unsetenv("HWCSYNC_CONFIG");
  CHECK(settings_path("") == kSettingsFile);
  ::setenv("HWCSYNC_CONFIG", "/tmp/c.yaml", 1);
  CHECK(settings_path("") == "/tmp/c.yaml");
  CHECK(settings_path("/x.yaml") == "/x.yaml");
  ::unsetenv("HWCSYNC_CONFIG");
}

TEST_CASE("docs/schema/config.schema.json is what the program reads") {
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  REQUIRE(source != nullptr);
  const std::string path = std::string(source) + "/docs/schema/config.schema.json";
  const std::string wanted = settings_schema().dump(2) + "\n";
  if (const char* accept = std::getenv("HWCSYNC_ACCEPT"); accept != nullptr && std::string(accept) == "1") {
    std::filesystem::create_directories(std::string(source) + "/docs/schema");
    std::ofstream(path) << wanted;
    FAIL("rewrote " << path << "; run again without HWCSYNC_ACCEPT");
  }
  CHECK(read_file(path) == wanted);
}

}  // namespace
}  // namespace hwcsync::settings
