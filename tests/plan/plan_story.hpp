#pragma once

#include "gitops/plan/plan.hpp"
#include "tests/support/git_fixture.hpp"

#include <string>

namespace hwcsync::plan {

inline constexpr const char* kConfig = R"(version: 1
defaults: { style: compose, user: homelab }
variables: { DATA_ROOT: /mnt/docker }
hosts:
  server:
    flake: "#server"
    stacks: [one, two]
    users: { homelab: { uid: 1000, sub-ids: 100000 } }
)";

inline std::string compose_file(const std::string& tag) {
  return "services:\n  web:\n    image: docker.io/library/caddy:" + tag +
         "\n  cache:\n    image: docker.io/library/redis:7.2\n";
}

// A repository with two stacks and one host.
class Story {
 public:
  Story() {
    fixture.write("hwcsync.yaml", kConfig);
    fixture.write("flake.lock", "{}");
    fixture.write("README.md", "hello\n");
    fixture.write("stacks/one/compose.yaml", compose_file("2.8.4"));
    fixture.write("stacks/two/compose.yaml", compose_file("2.8.4"));
    first = fixture.commit("first");
  }
  Plan plan(const std::string& from, const std::string& to, const std::set<std::string>& acks = {}) {
    const git::Repository repository(fixture.bare());
    Inputs inputs;
    inputs.repository = &repository;
    inputs.host = "server";
    inputs.from = git::ObjectId::parse(from);
    inputs.to = git::ObjectId::parse(to);
    inputs.acks = acks;
    return make_plan(inputs);
  }
  test::GitFixture fixture;
  std::string first;
};

}  // namespace hwcsync::plan
