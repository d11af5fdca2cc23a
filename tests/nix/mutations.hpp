#pragma once

#include <string>
#include <vector>

namespace hwcsync::test {

// One change of a YAML file: the value at `path` is another one, or is gone.
struct Mutation {
  std::string path;                // "services.web.ports[0].target", as messages say it
  std::string scope;               // the same without indices: "services.web.ports[].target"
  std::string how;                 // "removed", "changed", "in another order"
  std::vector<std::string> texts;  // of the whole file; the first that can be read counts
};

// Every entry of every mapping and every item of every list removed, every scalar changed, every list
// reversed, each alone.
[[nodiscard]] std::vector<Mutation> mutations_of(const std::string& yaml);

}  // namespace hwcsync::test
