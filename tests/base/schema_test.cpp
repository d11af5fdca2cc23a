#include "src/base/schema.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync {

struct Probe {
  std::string http;
  std::int64_t port = 0;
  bool tls = false;
};
struct Outer {
  std::vector<Probe> probes;
  std::map<std::string, std::string> names;
};

template <>
struct Schema<Probe> : StructSchema<Probe> {
  static const Rows<Probe>& rows() {
    static const Rows<Probe> table{required_row<&Probe::http>("http", "URL"),
                                   row<&Probe::port>("port", "port"), row<&Probe::tls>("tls", "TLS")};
    return table;
  }
};
template <>
struct Schema<Outer> : StructSchema<Outer> {
  static const Rows<Outer>& rows() {
    static const Rows<Outer> table{row<&Outer::probes>("probes", "what must answer"),
                                   row<&Outer::names>("names", "names")};
    return table;
  }
};

namespace {

std::string problems_of(const std::string& text) {
  try {
    (void)read_config<Outer>(parse_yaml(text, "f.yaml"), ConfigKind::repository);
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a good file is read") {
  const Outer outer =
      read_config<Outer>(parse_yaml("probes: [{http: x, port: 80, tls: true}]\nnames: {a: b}\n", "f.yaml"),
                         ConfigKind::repository);
  REQUIRE(outer.probes.size() == 1);
  CHECK(outer.probes[0].port == 80);
  CHECK(outer.probes[0].tls);
  CHECK(outer.names.at("a") == "b");
}

TEST_CASE("an unknown key names its place and the nearest word") {
  CHECK(problems_of("probe: []\n") == "f.yaml:1:1: unknown key 'probe'; did you mean 'probes'?");
}

TEST_CASE("every problem is told, not only the first") {
  const std::string text = problems_of("probes:\n  - port: 080\n    tls: yes\n");
  CHECK(text.find("f.yaml:2:11: expected a whole number, found '080'") != std::string::npos);
  CHECK(text.find("f.yaml:3:10: expected true or false, found 'yes'") != std::string::npos);
  CHECK(text.find("key 'http' is missing") != std::string::npos);
}

TEST_CASE("the JSON Schema comes from the same table") {
  const Json schema = Schema<Outer>::json();
  CHECK(schema["properties"]["probes"]["items"]["required"][0] == "http");
  CHECK(schema["additionalProperties"] == false);
}

}  // namespace
}  // namespace hwcsync
