#include "gitops/plan/secrets.hpp"

#include "secrets/sops/rekey.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/git_fixture.hpp"

#include <chrono>

namespace hwcsync::plan {
namespace {

const char* const kConfig =
    "version: 1\n"
    "hosts:\n"
    "  server:\n"
    "    flake: '#server'\n"
    "    stacks: [one]\n"
    "    users: { homelab: { uid: 1000, sub-ids: 100000 } }\n"
    "defaults: { user: homelab }\n";

const char* const kCompose =
    "services:\n"
    "  web: { image: docker.io/library/caddy:2.8.4, secrets: [ app.conf ] }\n"
    "  db: { image: docker.io/library/postgres:16, secrets: [ pw ] }\n"
    "  other: { image: docker.io/library/redis:7.2 }\n"
    "secrets: { pw: { external: true }, app.conf: { external: true } }\n";

const auto kTime = std::chrono::system_clock::time_point(std::chrono::seconds(1'790'000'000));

class Story {
 public:
  Story() {
    fixture.write("hwcsync.yaml", kConfig);
    fixture.write("stacks/one/compose.yaml", kCompose);
    fixture.write("stacks/one/stack.yaml",
                  "secrets:\n  pw: { source: db.yaml, key: pw }\n  app.conf: { template: app.tmpl }\n");
    fixture.write("stacks/one/app.tmpl", "password=${secret:pw}\n");
    db = encrypted("pw: one\nuser: eric\n");
    fixture.write("secrets/db.yaml", db);
    first = fixture.commit("first");
  }
  // Encrypted anew each time: the same values give other bytes.
  [[nodiscard]] std::string encrypted(const std::string& yaml) const {
    const std::vector<secrets::Recipient> recipients{owner.recipient()};
    return secrets::encrypt_sops(secrets::SopsStore::yaml,
                                 secrets::read_plain(secrets::SopsStore::yaml, secrets::as_bytes(yaml)),
                                 recipients, kTime);
  }
  [[nodiscard]] std::vector<secrets::Identity> keys() const {
    std::vector<secrets::Identity> out;
    const auto& key = std::get<secrets::X25519Identity>(owner.key);
    out.push_back(secrets::x25519_identity(key.scalar.clone(), "owner"));
    return out;
  }
  // "name=fact" of each changed secret, and the services that restart, when `change` is committed.
  std::vector<std::string> plan(const std::string& change) {
    const git::Repository repository(fixture.bare());
    Inputs inputs;
    inputs.repository = &repository;
    inputs.host = "server";
    inputs.from = git::ObjectId::parse(first);
    inputs.to = git::ObjectId::parse(fixture.commit(change));
    const Plan made = make_plan(inputs);
    std::vector<std::string> out;
    for (const SecretChange& secret : made.secrets)
      out.push_back(secret.name + "=" + std::string(fact_name(secret.fact)) +
                    (secret.detail.empty() ? "" : " " + secret.detail));
    for (const StackChange& stack : made.changes) {
      for (const ServiceChange& service : stack.services) {
        if (service.action == Action::restart) out.push_back(service.service + " restarts");
      }
    }
    return out;
  }
  secrets::Identity owner = secrets::generate_identity();
  std::string db;
  test::GitFixture fixture;
  std::string first;
};

using Words = std::vector<std::string>;

TEST_CASE("a changed template is a rotated value of the services that read it") {
  Story story;
  story.fixture.write("stacks/one/app.tmpl", "# note\npassword=${secret:pw}\n");
  CHECK(story.plan("template") == Words{"app.conf=rotated", "web restarts"});
}

TEST_CASE("a value that changes is a change of the templates that it stands in") {
  Story story;
  story.fixture.write("secrets/db.yaml", story.encrypted("pw: two\nuser: eric\n"));
  CHECK(story.plan("password") == Words{"app.conf=unknown", "pw=unknown", "db restarts", "web restarts"});
}

TEST_CASE("another mode changes no value") {
  Story story;
  story.fixture.write("stacks/one/stack.yaml",
                      "secrets:\n  pw: { source: db.yaml, key: pw, mode: '0440' }\n  app.conf: { template: "
                      "app.tmpl }\n");
  CHECK(story.plan("mode") == Words{"pw=same mode 0400 -> 0440"});
}

TEST_CASE("other recipients change nothing, and no key is needed to see it") {
  Story story;
  const auto more = secrets::generate_identity();
  const std::vector<secrets::Recipient> to{story.owner.recipient(), more.recipient()};
  const std::vector<secrets::Identity> keys = story.keys();
  story.fixture.write("secrets/db.yaml", secrets::rekey_sops(secrets::SopsStore::yaml, story.db, keys, to,
                                                             secrets::DataKey::kept, kTime));
  CHECK(story.plan("rekeyed") == Words{"app.conf=same", "pw=same re-encrypted for 1 more recipient"});
}

TEST_CASE("one changed value of several restarts who reads that one") {
  Story story;
  story.fixture.write(
      "stacks/one/stack.yaml",
      "secrets:\n  pw: { source: db.yaml, key: user }\n  app.conf: { source: db.yaml, key: pw }\n");
  story.first = story.fixture.commit("two secrets of one file");
  // Longer, as sops has edited it: the other values keep their bytes.
  const auto donor =
      secrets::read_sops(secrets::SopsStore::yaml, story.encrypted("pw: longer than before\n"));
  auto file = secrets::read_sops(secrets::SopsStore::yaml, story.db);
  file.documents.front().items.front().node.value = donor.documents.front().items.front().node.value.clone();
  story.fixture.write("secrets/db.yaml", secrets::print_sops(secrets::SopsStore::yaml, std::move(file)));
  CHECK(story.plan("longer password") == Words{"app.conf=rotated", "pw=same", "web restarts"});
}

}  // namespace
}  // namespace hwcsync::plan
