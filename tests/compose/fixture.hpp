#pragma once

#include "gitops/compose/loader.hpp"
#include "tests/support/catch.hpp"

#include <string>

namespace hwcsync::compose::test {

// A stack "s" with one Compose file and whatever files a case adds.
struct Fixture {
  MemoryTree tree;
  Context context;

  Fixture() {
    context.secret_origins["KEY"] = "secrets/s.env";
    context.directory = "stacks/s";
    context.assets_directory = "/etc/hwcsync/stacks/s/assets";
    context.trees_directory = "/etc/hwcsync/stacks/s/trees";
    context.secrets_directory = "/run/user/1000/secrets/s";
    context.variables.values["DATA"] = "/srv";
    context.variables.secrets = {"PW", "KEY"};
  }

  Project load(const std::string& text) const {
    return load_project(tree, parse_yaml(text, "stacks/s/compose.yaml"), context);
  }

  // Every problem, one a line, without the file's name.
  std::string problems(const std::string& text) const {
    try {
      (void)load(text);
    } catch (const ConfigError& error) {
      std::string out = error.what();
      const std::string file = "stacks/s/compose.yaml:";
      for (auto at = out.find(file); at != std::string::npos; at = out.find(file)) out.erase(at, file.size());
      return out;
    }
    return "";
  }

  // A service "web" with these lines.
  static std::string web(const std::string& lines) {
    std::string out = "services:\n  web:\n    image: docker.io/library/caddy:2\n";
    std::size_t at = 0;
    while (at < lines.size()) {
      const auto end = std::min(lines.find('\n', at), lines.size());
      out += "    " + lines.substr(at, end - at) + '\n';
      at = end + 1;
    }
    return out;
  }
  Service service(const std::string& lines) const { return load(web(lines)).services.at("web"); }
};

}  // namespace hwcsync::compose::test
