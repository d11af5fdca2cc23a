#pragma once

#include "gitops/layout/desired_state.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace hwcsync::layout::test {

// Values that are no ciphertext of anything; names and shape are what is read here.
inline std::string sops_dotenv(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names)
    out += name + "=ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:str]\n";
  return out +
         "sops_lastmodified=2026-11-20T10:00:00Z\nsops_mac=ENC[AES256_GCM,data:aa==,iv:aa==,tag:aa==,type:"
         "str]\n"
         "sops_version=3.9.0\n";
}

// A repository with one host, "server", that lists `stacks`.
struct Fixture {
  MemoryTree tree;
  LoadCounters counters;

  explicit Fixture(const std::string& stacks = "one", const std::string& more = "") {
    tree.put("hwcsync.yaml",
             "version: 1\ndefaults: { timezone: Europe/Berlin }\nvariables: { DATA_ROOT: /mnt/docker, LEVEL: "
             "repository }\n"
             "hosts:\n  server:\n    flake: '#server'\n    stacks: [ " +
                 stacks +
                 " ]\n    variables: { LEVEL: host, BOTH: '${DATA_ROOT}/x' }\n"
                 "    users: { homelab: { uid: 1000, sub-ids: 100000 }, other: { uid: 1001, sub-ids: 200000 "
                 "} }\n" +
                 more);
  }
  void stack(const std::string& name, const std::string& compose, const std::string& config = "{}\n") {
    tree.put("stacks/" + name + "/compose.yaml", compose);
    tree.put("stacks/" + name + "/stack.yaml", config);
  }
  DesiredState load() { return load_desired_state(tree, "server", counters); }
  Stack one() { return load().stacks.at("one"); }
  std::string problems() {
    try {
      (void)load();
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "";
  }
};

}  // namespace hwcsync::layout::test
