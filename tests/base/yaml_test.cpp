#include "src/base/yaml.hpp"

#include "src/base/utf8.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync {
namespace {

std::string problem_of(const std::string& text) {
  try {
    (void)parse_yaml(text, "f.yaml");
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "no problem";
}

TEST_CASE("a value knows its line and column") {
  const Yaml root = parse_yaml("a: 1\nb:\n  - x\n  - y: z\n", "f.yaml");
  CHECK(root.find("b")->items[1].find("y")->where().to_string() == "f.yaml:4:8");
}

TEST_CASE("merge keys: explicit keys win, then the earlier source") {
  const Yaml root = parse_yaml(
      "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2}\nall:\n  <<: [*one, *two]\n  a: 9\n", "f.yaml");
  const Yaml& all = *root.find("all");
  CHECK(all.find("a")->text == "9");
  CHECK(all.find("b")->text == "1");
  CHECK(all.find("c")->text == "2");
  CHECK(all.find("<<") == nullptr);
}

TEST_CASE("a duplicate key is refused where it stands") {
  CHECK(problem_of("a: 1\nb: 2\na: 3\n") == "f.yaml:3:1: key 'a' stands twice in this mapping");
}

TEST_CASE("an alias inside its own anchor and an alias bomb are refused") {
  CHECK(problem_of("a: &a [*a]\n").find("inside its own anchor") != std::string::npos);
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 9; ++k) bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK(problem_of(bomb).find("100000") != std::string::npos);
}

TEST_CASE("null, text and quoting are told apart") {
  const Yaml root = parse_yaml("a:\nb: ~\nc: \"~\"\nd: ''\ne: !reset []\n", "f.yaml");
  CHECK(root.find("a")->is_null());
  CHECK(root.find("b")->is_null());
  CHECK(root.find("c")->is_scalar());
  CHECK(root.find("d")->is_scalar());
  CHECK(root.find("e")->tag == "!reset");
}

TEST_CASE("a second document is refused") {
  CHECK(problem_of("a: 1\n---\nb: 2\n").find("second document") != std::string::npos);
}

TEST_CASE("what is written reads back the same") {
  Yaml root = Yaml::mapping();
  for (const std::string text :
       {"yes", "010", "1.10", "a b", "x: y", "tab\there", "line\nbreak", "", "é", "- a", "22:22"}) {
    root.set("k" + text, Yaml::scalar(text));
  }
  const Yaml again = parse_yaml(write_yaml(root), "again.yaml");
  REQUIRE(again.entries.size() == root.entries.size());
  for (std::size_t i = 0; i < root.entries.size(); ++i) {
    CHECK(again.entries[i].key == root.entries[i].key);
    CHECK(again.entries[i].value.text == root.entries[i].value.text);
  }
}

TEST_CASE("what another reader could take for a break, or refuse, is written as an escape") {
  Yaml root = Yaml::mapping();
  const std::string text = "a\xc2\x85 b\xe2\x80\xa8 c\xe2\x80\xa9 d\xef\xbb\xbf e\xc2\x80 f\xef\xbf\xbf";
  root.set("k", Yaml::scalar(text));
  root.set("l", Yaml::scalar("a\xc2\xa0 \xe2\x80\xa7 \xef\xbf\xbd \xf0\x9f\x93\xb7 \xc2"));
  const std::string written = write_yaml(root);
  CHECK(written ==
        "k: \"a\\x85 b\\u2028 c\\u2029 d\\ufeff e\\x80 f\\uffff\"\n"
        "l: \"a\xc2\xa0 \xe2\x80\xa7 \xef\xbf\xbd \xf0\x9f\x93\xb7 \xc2\"\n");
  root.entries.pop_back();
  CHECK(parse_yaml(write_yaml(root), "again.yaml").entries[0].value.text == text);
}

TEST_CASE("a byte that is not UTF-8 is told with its place") {
  try {
    (void)parse_yaml("a: 1\nb: \xC3\xA4 \xE4\n", "f.yaml");
    FAIL("it was read");
  } catch (const ConfigError& error) {
    CHECK(error.problems().at(0).where == Location{"f.yaml", 2, 7});
  }
  CHECK_FALSE(utf8_problem("a: \xC3\xA4", "f"));
  CHECK(utf8_problem("\n\n\xC3", "f")->where == Location{"f", 3, 1});
}

}  // namespace
}  // namespace hwcsync
