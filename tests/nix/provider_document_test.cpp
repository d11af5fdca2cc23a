#include "gitops/nix/provider_document.hpp"

#include "tests/support/catch.hpp"

using namespace hwcsync;

namespace {

std::string test_of(const std::string& words) {
  const Yaml given = parse_yaml(
      "services: { a: { healthcheck: { test: " + words + " } }, b: { image: x } }\n", "compose.yaml");
  const Yaml out = nix::provider_document(given);
  return write_yaml(*out.find("services")->find("a")->find("healthcheck")->find("test"));
}

}  // namespace

TEST_CASE("a health check whose words podman's API would tear apart is shell text of the same words") {
  CHECK(test_of(R"([CMD, sh, -c, "exit 1"])") == "- CMD-SHELL\n- \"sh -c 'exit 1'\"\n");
  CHECK(test_of(R"([CMD, a, "", "it's\tit"])") == "- CMD-SHELL\n- \"a '' 'it'\\\\''s\\tit'\"\n");
  // Go's idea of white space is wider than ASCII.
  CHECK(test_of("[CMD, a, \"b\xe2\x80\xa8\"]") == "- CMD-SHELL\n- \"a 'b\\u2028'\"\n");
  CHECK(test_of(R"([CMD, a, "$$HOME x"])") == "- CMD-SHELL\n- \"a '$$HOME x'\"\n");
}

TEST_CASE("any other health check stays as it is") {
  CHECK(test_of("[CMD, curl, -f, \"http://x/?a='b'\"]") == "- CMD\n- curl\n- -f\n- \"http://x/?a='b'\"\n");
  CHECK(test_of("[CMD-SHELL, \"a b\"]") == "- CMD-SHELL\n- \"a b\"\n");
  // The value of a secret cannot be quoted before it is known.
  CHECK(test_of("[CMD, a, \"$$${PASSWORD} b\"]") == "- CMD\n- a\n- \"$$${PASSWORD} b\"\n");
}
