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
  // Units that the run restarts for the changed secrets, by secret.
  std::map<std::string, std::vector<std::string>> consumers(const std::string& change) {
    const git::Repository repository(fixture.bare());
    Inputs inputs;
    inputs.repository = &repository;
    inputs.host = "server";
    inputs.from = git::ObjectId::parse(first);
    inputs.to = git::ObjectId::parse(fixture.commit(change));
    std::map<std::string, std::vector<std::string>> out;
    for (const SecretChange& secret : make_plan(inputs).secrets) out[secret.name] = secret.consumers;
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

TEST_CASE("a rotated secret of style oci restarts its readers and what moves with them, and nothing else") {
  Story story;
  const std::string secrets =
      "secrets:\n  pw: { source: db.yaml, key: pw }\n  app.conf: { template: app.tmpl }\n";
  story.fixture.write("stacks/one/stack.yaml", "style: oci\n" + secrets);
  const std::string beside =
      "  beside: { image: docker.io/library/caddy:2.8.4, network_mode: 'service:db' }\n"
      "  bound: { image: docker.io/library/caddy:2.8.4, depends_on: { beside: { condition: "
      "service_started, restart: true } } }\n";
  std::string compose = kCompose;
  compose.insert(compose.find("  other:"), beside);
  story.fixture.write("stacks/one/compose.yaml", compose);
  const auto rotate = [&](const std::string& value) {
    story.fixture.write("secrets/db.yaml", story.encrypted("pw: " + value + "\nuser: eric\n"));
  };
  SECTION("the plan names the services, and the run their units") {
    story.first = story.fixture.commit("oci");
    rotate("two");
    CHECK(story.plan("password") == Words{"app.conf=unknown", "pw=unknown", "beside restarts",
                                          "bound restarts", "db restarts", "web restarts"});
    rotate("three");
    const auto consumers = story.consumers("again");
    CHECK(consumers.at("pw") == Words{"podman-one-beside", "podman-one-bound", "podman-one-db"});
    CHECK(consumers.at("app.conf") == Words{"podman-one-web"});
  }
  SECTION("commands that read it run again, and all that needs them with them") {
    story.fixture.write(
        "stacks/one/stack.yaml",
        "style: oci\n" + secrets + "prepare: { commands: ['cat /run/hwcsync/view/0/one/pw >/dev/null'] }\n");
    story.first = story.fixture.commit("oci");
    rotate("two");
    CHECK(story.consumers("password").at("pw").size() == 6);
    rotate("three");
    CHECK(story.plan("again").size() == 2 + 5);
  }
  SECTION("the lines of an env file restart the services whose environment they are in") {
    story.fixture.write("stacks/one/stack.yaml", "style: oci\nsecrets: { env: { source: db.yaml } }\n");
    story.fixture.write("stacks/one/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4 }\n"
                        "  db: { image: docker.io/library/postgres:16, environment: { P: '${pw}' } }\n");
    story.first = story.fixture.commit("oci");
    rotate("two");
    CHECK(story.plan("password") == Words{"env=unknown", "db restarts"});
    rotate("three");
    CHECK(story.consumers("again").at("env") == Words{"podman-one-db"});
  }
}

TEST_CASE("a rotated secret of style compose restarts the containers that read it, and no unit") {
  Story story;
  std::string compose = kCompose;
  compose.insert(compose.find("  other:"),
                 "  beside: { image: docker.io/library/caddy:2.8.4, network_mode: 'service:db' }\n");
  story.fixture.write("stacks/one/compose.yaml", compose);
  const auto plan_of = [&](const std::string& password) {
    const std::string before = story.fixture.commit("before " + password);
    story.fixture.write("secrets/db.yaml", story.encrypted("pw: " + password + "\nuser: eric\n"));
    const git::Repository repository(story.fixture.bare());
    Inputs inputs;
    inputs.repository = &repository;
    inputs.host = "server";
    inputs.from = git::ObjectId::parse(before);
    inputs.to = git::ObjectId::parse(story.fixture.commit("password " + password));
    Plan plan = make_plan(inputs);
    REQUIRE(plan.changes.size() == 1);
    return plan;
  };
  SECTION("of a file") {
    const Plan plan = plan_of("two");
    CHECK(plan.changes[0].action == Action::reload);
    CHECK(plan.changes[0].needed == Action::reload);
    CHECK(plan.containers_restarted == 3);  // web reads the template
    REQUIRE(plan.secrets.size() == 2);
    CHECK(plan.secrets[0].in_place == InPlace{{"web"}, {}});
    CHECK(plan.secrets[1].in_place == InPlace{{"beside", "db"}, {}});
    CHECK(plan.secrets[1].consumers == Words{"one-stack"});
  }
  SECTION("of its environment, which the provider sees by itself") {
    story.fixture.write("stacks/one/stack.yaml", "secrets: { env: { source: db.yaml } }\n");
    story.fixture.write("stacks/one/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4 }\n"
                        "  db: { image: docker.io/library/postgres:16, environment: { P: '${pw}' } }\n");
    const Plan plan = plan_of("two");
    CHECK(plan.changes[0].action == Action::reload);
    CHECK(plan.containers_restarted == 1);
    CHECK(plan.secrets[0].in_place == InPlace{});
  }
  SECTION("that the provider copies into a container when it makes one: made anew") {
    story.fixture.write("stacks/one/stack.yaml", "secrets: { env: { source: db.yaml } }\n");
    const std::string more =
        "  beside: { image: docker.io/library/caddy:2.8.4, network_mode: 'service:web' }\n"
        "  other: { image: docker.io/library/redis:7.2 }\n";
    const auto [granted, declared] = GENERATE(
        table<std::string, std::string>({{"secrets", "secrets: { copied: { environment: pw } }\n"},
                                         {"configs", "configs: { copied: { content: 'x=${pw}' } }\n"}}));
    story.fixture.write("stacks/one/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4, " + granted +
                            ": [ copied ] }\n" + more + declared);
    const Plan plan = plan_of("two");
    CHECK(plan.changes[0].action == Action::reload);
    CHECK(plan.containers_restarted == 2);
    CHECK(plan.secrets[0].in_place == InPlace{{}, {"beside", "web"}});
  }
  SECTION("that others mount by another path of the view") {
    const std::string source =
        GENERATE(as<std::string>{}, "/run/user/1000/secrets/one/", "/run/user/1000/secrets//one/pw",
                 "/run/user/1000/secrets", "/run/hwcsync/view/1000/one/pw");
    story.fixture.write("stacks/one/stack.yaml", "secrets: { pw: { source: db.yaml, key: pw } }\n");
    story.fixture.write(
        "stacks/one/compose.yaml",
        "services:\n  web: { image: docker.io/library/caddy:2.8.4, volumes: ['" + source +
            ":/s:ro'] }\n  db: { image: docker.io/library/postgres:16, secrets: [ pw ] }\n"
            "  other: { image: docker.io/library/redis:7.2, volumes: ['/run/user/1000/secrets/two:/s'] }\n"
            "secrets: { pw: { external: true } }\n");
    CHECK(plan_of("two").secrets[0].in_place == InPlace{{"db", "web"}, {}});
  }
  SECTION("that a declared volume binds") {
    story.fixture.write("stacks/one/stack.yaml", "secrets: { pw: { source: db.yaml, key: pw } }\n");
    story.fixture.write("stacks/one/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4, volumes: ['bound:/s'] }\n"
                        "volumes: { bound: { driver_opts: { type: none, o: bind, device: "
                        "/run/user/1000/secrets/one } } }\n");
    CHECK(plan_of("two").secrets[0].in_place == InPlace{{"web"}, {}});
  }
  SECTION("of its environment, whose file another one mounts") {
    story.fixture.write("stacks/one/stack.yaml", "secrets: { env: { source: db.yaml } }\n");
    story.fixture.write("stacks/one/compose.yaml",
                        "services:\n  web: { image: docker.io/library/caddy:2.8.4, volumes: "
                        "['/run/user/1000/secrets/one-stack.env:/env:ro'] }\n"
                        "  db: { image: docker.io/library/postgres:16, environment: { P: '${pw}' } }\n");
    const Plan plan = plan_of("two");
    CHECK(plan.containers_restarted == 2);
    CHECK(plan.secrets[0].in_place == InPlace{{"web"}, {}});
  }
  SECTION("that commands read before the start: whole") {
    const std::string command = GENERATE(
        as<std::string>{}, "cat /run/user/1000/secrets/one/pw", "cp -r /run/user/1000/secrets/one/ /tmp",
        "cat $XDG_RUNTIME_DIR/secrets/one/pw", "cat \"${XDG_RUNTIME_DIR}\"/secrets/one/pw",
        "podman run -v /run/user/1000/secrets/one/pw:/pw:ro x",
        "sh -c \"cat ${F:-/run/user/1000/secrets/one/pw}\"",
        "for s in pw; do cat /run/user/1000/secrets/one/$s; done");
    story.fixture.write("stacks/one/stack.yaml",
                        "secrets:\n  pw: { source: db.yaml, key: pw }\n  app.conf: { template: app.tmpl }\n"
                        "prepare: { commands: ['" +
                            command + " >/dev/null'] }\n");
    const Plan plan = plan_of("two");
    CHECK(plan.changes[0].action == Action::restart);
    CHECK(plan.containers_restarted == 4);
    CHECK_FALSE(plan.secrets[1].in_place.has_value());
  }
}

}  // namespace
}  // namespace hwcsync::plan
