#include "gitops/stack/repository_config.hpp"
#include "gitops/stack/stack_config.hpp"
#include "tests/support/catch.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace hwcsync::stack {
namespace {

// Compares a file of docs/schema with what the tables say; HWCSYNC_ACCEPT=1 writes it, and the run fails all
// the same.
void hold(const std::string& name, const Json& schema) {
  const char* source = std::getenv("HWCSYNC_SOURCE_DIR");
  const std::string path = std::string(source == nullptr ? "." : source) + "/docs/schema/" + name;
  const std::string wanted = schema.dump(2) + "\n";
  if (std::getenv("HWCSYNC_ACCEPT") != nullptr) {
    std::ofstream(path) << wanted;
    FAIL("accepted " + path + "; run again without HWCSYNC_ACCEPT");
  }
  std::stringstream found;
  found << std::ifstream(path).rdbuf();
  INFO("HWCSYNC_ACCEPT=1 rewrites " + path);
  CHECK(found.str() == wanted);
}

TEST_CASE("docs/schema/hwcsync.schema.json is what the parser reads") {
  hold("hwcsync.schema.json", repository_schema());
}

TEST_CASE("docs/schema/stack.schema.json is what the parser reads") {
  hold("stack.schema.json", stack_schema());
}

TEST_CASE("a refused key allows nothing in an editor") {
  const Json schema = stack_schema();
  CHECK(schema["properties"]["prepare"]["properties"]["once"]["not"] == Json::object());
  CHECK(schema["properties"]["firewall"]["additionalProperties"] == false);
}

}  // namespace
}  // namespace hwcsync::stack
