#include "gitops/lint/lint.hpp"

#include "gitops/lint/rules.hpp"
#include "gitops/stack/rules.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::lint {
namespace {

std::vector<Finding> findings(const std::string& compose, const std::string& config = "{}\n",
                              const std::string& policy = "{}") {
  MemoryTree tree;
  tree.put(
      "hwcsync.yaml",
      "policy: " + policy +
          "\nhosts: { h: { flake: '#h', stacks: [ s ], users: { homelab: { uid: 1000 } } } }\nversion: 1\n");
  tree.put("stacks/s/compose.yaml", compose);
  tree.put("stacks/s/stack.yaml", config);
  tree.put("stacks/s/s.env", "PW=ENC[x]\nsops_lastmodified=x\nsops_mac=ENC[x]\n");
  layout::LoadCounters counters;
  return lint(layout::load_desired_state(tree, "h", counters));
}

std::vector<std::string> names(const std::vector<Finding>& list) {
  std::vector<std::string> out;
  for (const Finding& finding : list) out.push_back(finding.rule + '/' + finding.service);
  return out;
}
using Names = std::vector<std::string>;

const std::string kGood = "services: { web: { image: 'docker.io/library/caddy:2.8.4' } }\n";

TEST_CASE("every rule has a name, a summary and an explanation, and the policy knows it") {
  Names known;
  for (const Rule& rule : rules()) {
    CHECK_FALSE(rule.summary.empty());
    CHECK(rule.explanation.size() > 80);
    CHECK(find_rule(rule.name) == &rule);
    known.push_back(rule.name);
  }
  CHECK(known == stack::rule_names());
  CHECK(find_rule("nothing") == nullptr);
}

TEST_CASE("a file with a Compose file's name that nobody reads is pointed out") {
  MemoryTree tree;
  tree.put("hwcsync.yaml",
           "hosts: { h: { flake: '#h', stacks: [ s ], users: { homelab: { uid: 1000 } } } }\nversion: 1\n");
  tree.put("stacks/s/compose.yaml", kGood);
  tree.put("stacks/s/compose.override.yml", "services: {}\n");
  tree.put("stacks/s/docker-compose.yml", kGood);
  tree.put("stacks/s/docker-compose.prod.yml", kGood);
  layout::LoadCounters counters;
  const auto list = lint(layout::load_desired_state(tree, "h", counters));
  REQUIRE(list.size() == 1);
  CHECK(list[0].rule == "compose-file-unread");
  CHECK(list[0].where.to_string() == "stacks/s/docker-compose.yml:1:1");
  CHECK(list[0].message ==
        "this file is not read: stacks/s/compose.yaml and stacks/s/compose.override.yml come first");
  tree.put("stacks/s/compose.yaml", "include: [ docker-compose.yml ]\nservices: {}\n");
  CHECK(lint(layout::load_desired_state(tree, "h", counters)).empty());
}

TEST_CASE("a variable that a secret of the same name hides is pointed out") {
  const std::string secrets = "secrets: { env: { source: s.env } }\n";
  CHECK(findings(kGood, secrets + "variables: { OTHER: x }\n").empty());
  const auto list = findings(kGood, secrets + "variables: { PW: x }\n");
  REQUIRE(list.size() == 1);
  CHECK(list[0].rule == "variable-shadowed");
  CHECK(list[0].where.to_string() == "stacks/s/stack.yaml:2:14");
  CHECK(list[0].message ==
        "'PW' is a variable of this file and a name in the secret file stacks/s/s.env: the secret's value is "
        "used");
  const auto above = findings(kGood, secrets, "{}\nvariables: { PW: x }");
  REQUIRE(above.size() == 1);
  CHECK(above[0].where.to_string() == "stacks/s/stack.yaml:1:12");
}

TEST_CASE("a name of .env that a secret hides is pointed out, and the secret's value is used") {
  MemoryTree tree;
  tree.put("hwcsync.yaml",
           "hosts: { h: { flake: '#h', stacks: [ s ], users: { homelab: { uid: 1000 } } } }\nversion: 1\n");
  tree.put(
      "stacks/s/compose.yaml",
      "services: { web: { image: 'docker.io/library/caddy:2.8.4', environment: [ 'A=${PW}${OWN}' ] } }\n");
  tree.put("stacks/s/stack.yaml", "secrets: { env: { source: s.env } }\n");
  tree.put("stacks/s/s.env", "PW=ENC[x]\nsops_lastmodified=x\nsops_mac=ENC[x]\n");
  tree.put("stacks/s/.env", "OWN=x\nPW=plain\n");
  layout::LoadCounters counters;
  const auto state = layout::load_desired_state(tree, "h", counters);
  CHECK(state.stacks.at("s").project.secret_variables == std::set<std::string>{"PW"});
  const auto list = lint(state);
  REQUIRE(list.size() == 1);
  CHECK(list[0].rule == "variable-shadowed");
  CHECK(list[0].where.to_string() == "stacks/s/.env:2:1");
}

TEST_CASE("a good stack has no findings") {
  CHECK(findings(kGood).empty());
}

TEST_CASE("the policy requires the label for podman's automatic updates, forbids it, or does not care") {
  const std::string compose =
      "services:\n  a: { image: 'r.io/a:1' }\n  b:\n    image: r.io/b:1\n    labels: { "
      "io.containers.autoupdate: registry }\n  c: { image: 'r.io/c:1', labels: "
      "[io.containers.autoupdate=disabled] }\n  d: { image: 'r.io/d:1', labels: "
      "[io.containers.autoupdate=daily] }\n";
  for (const char* style : {"{}\n", "style: oci\n"}) {
    INFO(style);
    CHECK(findings(compose, style).empty());
    CHECK(findings(compose, style, "{ autoupdate-label: off }").empty());
    const auto required = findings(compose, style, "{ autoupdate-label: require }");
    CHECK(names(required) == Names{"autoupdate-label/a", "autoupdate-label/c", "autoupdate-label/d"});
    CHECK(required[0].where.to_string() == "stacks/s/compose.yaml:2:3");
    CHECK(required[0].severity == stack::Severity::error);
    CHECK(required[2].message ==
          "d has the label io.containers.autoupdate=daily, which podman does not know");
    const auto forbidden = findings(compose, style, "{ autoupdate-label: forbid }");
    CHECK(names(forbidden) == Names{"autoupdate-label/b", "autoupdate-label/d"});
    CHECK(forbidden[0].where.to_string() == "stacks/s/compose.yaml:3:3");
  }
  CHECK(findings(compose, "lint: { ignore: [ { rule: autoupdate-label, reason: by hand } ] }\n",
                 "{ autoupdate-label: forbid }")
            .empty());
}

TEST_CASE("images without a version or a registry") {
  const auto list = findings(
      "services:\n  a: { image: postgres }\n  b: { image: 'ghcr.io/x/y:latest' }\n  c: { image: "
      "'ghcr.io/x/y@sha256:00' }\n");
  CHECK(names(list) == Names{"image-unpinned/a", "image-unqualified/a", "image-unpinned/b"});
  CHECK(list[0].where.to_string() == "stacks/s/compose.yaml:2:15");
  CHECK(list[1].fix == "write docker.io/library/postgres");
  CHECK(list[2].message == "b uses ':latest': ghcr.io/x/y:latest");
}

TEST_CASE("a mount of the repository's own files that does not say that it is read-only") {
  const auto list = findings(
      "services:\n  a: { image: 'ghcr.io/x/y:1', volumes: [ './stack.yaml:/a', './stack.yaml:/b:ro', '/d:/d' "
      "] }\n");
  CHECK(names(list) == Names{"repository-mount-read-only/a"});
  CHECK(list[0].where.to_string() == "stacks/s/compose.yaml:2:43");
  CHECK(list[0].fix.find("${DATA_ROOT}/s") != std::string::npos);
}

TEST_CASE("a database that everybody can reach") {
  const std::string head = "services: { db: { image: 'docker.io/library/postgres:16.4', ports: [ '";
  const auto list = findings(head + "5433:5432' ] } }\n");
  CHECK(names(list) == Names{"database-published-everywhere/db"});
  CHECK_THAT(list[0].fix, Catch::Matchers::Contains("127.0.0.1:5433:5432"));
  CHECK(findings(head + "127.0.0.1:5432:5432' ] } }\n").empty());
  CHECK(findings(head + "8080:8080' ] } }\n").empty());
}

TEST_CASE("waiting for the health of a service without a check is an error") {
  const std::string head =
      "services:\n  a: { image: 'r.io/a:1', depends_on: { b: { condition: service_healthy } } }\n  b: { "
      "image: 'r.io/b:1'";
  const auto list = findings(head + " }\n");
  CHECK(names(list) == Names{"health-missing-for-healthy-dependency/b"});
  CHECK(has_error(list));
  CHECK(findings(head + ", healthcheck: { test: x } }\n").empty());
}

TEST_CASE("keep-id is for a user's podman") {
  const std::string keep = "services: { a: { image: 'r.io/a:1', userns_mode: 'keep-id:uid=1' } }\n";
  CHECK(names(findings(keep, "style: oci\n")) == Names{"keep-id-of-root/a"});
  CHECK(findings(keep).empty());
}

TEST_CASE("a container that joins another by name is told how to name the service") {
  const std::string vpn =
      "services: { vpn: { image: 'r.io/v:1', container_name: vpn1 }, a: { image: 'r.io/a:1', ";
  const auto own = findings(vpn + "network_mode: 'container:vpn1' } }\n");
  REQUIRE(names(own) == Names{"namespace-by-container/a"});
  CHECK(own[0].fix == "write network_mode: service:vpn");
  const auto foreign = findings(vpn + "pid: 'container:other' } }\n");
  REQUIRE(names(foreign) == Names{"namespace-by-container/a"});
  CHECK(foreign[0].fix == "put both into one stack and write pid: service:SERVICE");
  CHECK(findings(vpn + "network_mode: 'service:vpn' } }\n").empty());
}

TEST_CASE("a user's podman neither opens low ports nor mounts network file systems") {
  const std::string port = "services: { a: { image: 'r.io/a:1', ports: [ '80:8080', '8443:443' ] } }\n";
  const auto low = findings(port);
  REQUIRE(names(low) == Names{"rootless-low-port/a"});
  CHECK_THAT(low[0].message, Catch::Matchers::Contains("port 80"));
  CHECK(findings(port, "style: oci\n").empty());
  const auto volume = [](const std::string& type) {
    return "services: { a: { image: 'r.io/a:1', volumes: [ 'v:/v' ] } }\n"
           "volumes: { v: { driver_opts: { type: " +
           type + ", o: 'addr=nas,rw', device: ':/export' } } }\n";
  };
  CHECK(names(findings(volume("nfs"))) == Names{"rootless-network-volume/"});
  CHECK(findings(volume("tmpfs")).empty());
  CHECK(findings(volume("nfs"), "style: oci\n").empty());
}

TEST_CASE("unset variables are told once") {
  const auto list =
      findings("services: { a: { image: 'r.io/a:1', hostname: 'h$NOBODY', user: '0$NOBODY' } }\n");
  CHECK(names(list) == Names{"unset-variable/"});
}

TEST_CASE("rules that are off come with the policy") {
  const std::string compose =
      "services: { a: { image: 'docker.io/library/postgres:1', environment: { POSTGRES_PASSWORD: '${PW}' } } "
      "}\n";
  const std::string config = "secrets: { env: { source: s.env } }\n";
  CHECK(findings(compose, config).empty());
  const auto list = findings(compose, config, "{ secret-in-environment: error }");
  CHECK(names(list) == Names{"secret-in-environment/a"});
  CHECK(list[0].severity == stack::Severity::error);
  CHECK(list[0].fix ==
        "this image reads POSTGRES_PASSWORD_FILE: grant a file secret and name its path there");
  const std::string mount = "services: { a: { image: 'r.io/a:1', volumes: [ '/mnt/data/x:/x:U' ] } }\n";
  CHECK(names(findings(mount, "style: oci\nmounts: { required: [ /mnt/data ] }\n",
                       "{ volume-u-on-network-mount: warn }")) == Names{"volume-u-on-network-mount/a"});
}

TEST_CASE("the policy switches a rule off and stack.yaml ignores it with a reason") {
  const std::string compose = "services: { a: { image: 'r.io/a' }, b: { image: 'r.io/b' } }\n";
  CHECK(findings(compose, "{}\n", "{ image-unpinned: off }").empty());
  CHECK(names(findings(compose,
                       "lint: { ignore: [ { rule: image-unpinned, service: a, reason: tests } ] }\n")) ==
        Names{"image-unpinned/b"});
}

TEST_CASE("findings as JSON and as text") {
  const auto list = findings("services:\n  a: { image: 'r.io/a' }\n");
  CHECK(
      to_json(list).dump() ==
      R"({"version":1,"findings":[{"rule":"image-unpinned","severity":"warn","file":"stacks/s/compose.yaml","line":2,"column":15,)"
      R"("stack":"s","service":"a","message":"a uses an image without a tag: r.io/a","fix":"name a version: r.io/a:VERSION"}]})");
  CHECK(to_text(list) ==
        "stacks/s/compose.yaml:2:15 warn image-unpinned\n    a uses an image without a tag: r.io/a\n    fix: "
        "name a version: r.io/a:VERSION\n");
}

}  // namespace
}  // namespace hwcsync::lint
