#include "gitops/lint/secret_inventory.hpp"

#include "gitops/lint/plaintext_scan.hpp"
#include "secrets/age/age.hpp"
#include "secrets/identity/identity.hpp"
#include "secrets/sops/sops_file.hpp"
#include "tests/support/catch.hpp"

#include <chrono>

namespace hwcsync::lint {
namespace {

using Catch::Matchers::Contains;

const auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));

std::string hits(const std::string& path, const std::string& content) {
  std::string out;
  for (const PlaintextHit& hit : scan_plaintext(path, content))
    out += std::to_string(hit.line) + ":" + std::to_string(hit.column) + " " + hit.what + "\n";
  return out;
}

struct Story {
  secrets::Identity server = secrets::generate_identity();
  secrets::Identity admin = secrets::generate_identity();
  MemoryTree tree;

  Story() {
    config("recipients: [ " + text(server) + ", " + text(admin) + " ]");
    tree.put("stacks/one/compose.yaml",
             "services:\n  web: { image: 'i:1', secrets: [ pw ] }\nsecrets: { pw: { external: true } }\n");
    tree.put("stacks/one/stack.yaml", "secrets:\n  pw: { source: db.yaml, key: pw }\n");
    tree.put("secrets/db.yaml", sops("pw: CANARY\n", {server.recipient(), admin.recipient()}));
  }
  static std::string text(const secrets::Identity& identity) {
    return secrets::to_text(identity.recipient());
  }
  void config(const std::string& more) {
    tree.put(
        "hwcsync.yaml",
        "version: 1\nhosts:\n  server:\n    flake: '#server'\n    stacks: [ one ]\n    users: { homelab: { "
        "uid: 1000 } }\n    " +
            more + "\n");
  }
  static std::string sops(const std::string& yaml, const std::vector<secrets::Recipient>& to) {
    return secrets::encrypt_sops(secrets::SopsStore::yaml,
                                 secrets::read_plain(secrets::SopsStore::yaml, secrets::as_bytes(yaml)), to,
                                 kTime);
  }
  [[nodiscard]] std::string findings() const {
    std::string out;
    for (const Finding& finding : check_secrets(take_secret_inventory(tree)))
      out += finding.where.to_string() + " " + finding.rule + ": " + finding.message + "\n";
    CHECK(out.find("CANARY") == std::string::npos);
    return out;
  }
};

TEST_CASE("plaintext that looks like a secret is told by its place and never by its value") {
  CHECK(hits("x.env", "A=1\nexport DB_PASSWORD=hunter2\nDB_PASSWORD_FILE=/run/x\nTOKEN=${T}\n") ==
        "2:8 the value of DB_PASSWORD\n");
  CHECK(hits("compose.yaml",
             "    environment:\n      - \"API_KEY=abcdef\"\n      SECRET: 'abcdef' # note\n"
             "      PASSWORD: $PW\n      password: word\n      NOT_A_TOKENS: abcdef\n") ==
        "2:10 the value of API_KEY\n3:7 the value of SECRET\n");
  CHECK(hits("a", "x\n  -----BEGIN OPENSSH PRIVATE KEY-----\n") == "2:3 a private key\n");
  CHECK(hits("README.md", "PASSWORD=hunter2 ghp_0123456789012345678901234567890123456789\n") ==
        "1:18 a GitHub token\n");
  CHECK(
      hits("a.yaml", "url: postgres://u:hunter2@db/x\nurl: postgres://u:${PW}@db/x\nurl: http://h:80/@x\n") ==
      "1:19 a password in a URL\n");
  CHECK(hits("secrets.example/a.env", "PASSWORD=hunter2\n").empty());
  CHECK(hits("a.env", std::string("PASSWORD=hunter2\0", 17)).empty());
  CHECK(hits("a.env", "PASSWORD=\nPASSWORD=xxxxxxxx\nPASSWORD=ENC[AES256_GCM,data:x]\nTOKEN=\"\"\n").empty());
}

TEST_CASE("a repository whose hosts can read their secrets has no findings") {
  const Story story;
  CHECK(story.findings() == "");
  const auto inventory = take_secret_inventory(story.tree);
  REQUIRE(inventory.files.size() == 1);
  const SecretSourceFile& file = inventory.files.at("secrets/db.yaml");
  CHECK(file.used_by == std::set<std::string>{"one/pw"});
  CHECK(file.hosts == std::set<std::string>{"server"});
  CHECK(wanted_recipients(inventory, file).size() == 2);
}

TEST_CASE("a recipient of a host that a file is not for is a finding") {
  Story story;
  story.tree.put("secrets/db.yaml", Story::sops("pw: CANARY\n", {story.admin.recipient()}));
  CHECK(story.findings() ==
        "secrets/db.yaml recipient-missing: the host 'server' needs this file, and its recipient " +
            Story::text(story.server) + " cannot decrypt it; it is for " + Story::text(story.admin) + "\n");
  story.config("recipients: [ age1nonsense ]");
  CHECK_THAT(story.findings(),
             Contains("hwcsync.yaml:7:19 recipient-invalid: a recipient of the host 'server'"));
}

TEST_CASE("unused, missing, broken and half encrypted files are findings") {
  Story story;
  story.tree.put("secrets/old.age",
                 secrets::encrypt_age(secrets::as_bytes("CANARY"), std::vector{story.server.recipient()},
                                      secrets::AgeEncoding::armored));
  story.tree.put("secrets/torn.age", "age-encryption.org/v1\n");
  std::string half =
      Story::sops("pw: CANARY\nother: CANARY2\n", {story.server.recipient(), story.admin.recipient()});
  const auto at = half.find("other: ");
  half.replace(at, half.find('\n', at) - at, "other: CANARY2");
  const auto mac = half.find("    mac: ");
  half.erase(mac, half.find('\n', mac) - mac + 1);
  story.tree.put("secrets/db.yaml", half);
  story.tree.put("stacks/one/stack.yaml",
                 "secrets:\n  pw: { source: db.yaml, key: pw }\n  gone: { source: gone.age }\n");
  const std::string text = story.findings();
  CHECK_THAT(text, Contains("secrets/old.age secret-file-unused: no stack uses this encrypted file"));
  CHECK_THAT(text, Contains("secrets/torn.age secret-broken: the file cannot be read: header failure"));
  CHECK_THAT(text, Contains("secrets/db.yaml secret-without-mac"));
  CHECK_THAT(text, Contains("secrets/db.yaml secret-plaintext: values stand here in clear") &&
                       Contains(": other\n"));
  CHECK_THAT(text,
             Contains("stack.yaml:3:3 secret-unusable: the secret file 'gone.age' of 'gone' is not there"));
}

TEST_CASE("a key that stands twice in a file is a finding, and no key is needed to see it") {
  Story story;
  const std::vector to{story.server.recipient(), story.admin.recipient()};
  auto plain = secrets::read_plain(secrets::SopsStore::dotenv, secrets::as_bytes("PW=CANARY\n"));
  story.tree.put("secrets/db.env",
                 "PW=\n" + secrets::encrypt_sops(secrets::SopsStore::dotenv, std::move(plain), to, kTime));
  story.tree.put("stacks/one/stack.yaml", "secrets:\n  env: { source: db.env }\n");
  CHECK_THAT(story.findings(), Contains("secrets/db.env secret-broken: the file cannot be read: the key 'PW' "
                                        "stands twice in one mapping, and nobody can tell"));
}

TEST_CASE("a secret that no service uses is a finding, and one that a template uses is not") {
  Story story;
  story.tree.put("stacks/one/stack.yaml",
                 "secrets:\n  unread: { source: db.yaml, key: pw }\n  inner: { source: db.yaml, key: pw }\n"
                 "  pw: { template: pw.tmpl }\n");
  story.tree.put("stacks/one/pw.tmpl", "x=${secret:inner}\n");
  CHECK(story.findings() == "stacks/one/stack.yaml:2:3 secret-unused: no service uses the secret 'unread'\n");
}

}  // namespace
}  // namespace hwcsync::lint
