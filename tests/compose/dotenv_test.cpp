#include "gitops/compose/dotenv.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::compose {
namespace {

TEST_CASE("a bare name takes a value from elsewhere and a digit in front leaves the line out") {
  const Dotenv file = parse_dotenv("INHERIT\n1ST=x\nEMPTY=\nLAST", "f", {});
  REQUIRE(file.entries.size() == 3);
  CHECK(file.entries[0] == DotenvEntry{"INHERIT", std::nullopt, 1});
  CHECK(file.entries[1] == DotenvEntry{"EMPTY", Template{}, 3});
  CHECK(file.entries[2] == DotenvEntry{"LAST", std::nullopt, 4});
}

TEST_CASE("quoted values may go over lines and later lines keep their numbers") {
  const Dotenv file = parse_dotenv("A=\"one\ntwo\"\n# note\nB='x\ny'\nC=3\n", "f", {});
  REQUIRE(file.entries.size() == 3);
  CHECK(file.entries[0].value->plain() == "one\ntwo");
  CHECK(file.entries[1].value->plain() == "x\ny");
  CHECK(file.entries[2].line == 6);
}

TEST_CASE("a variable from outside wins over an earlier line, and a secret taints") {
  Variables variables;
  variables.values["A"] = "outside";
  variables.secrets.insert("KEY");
  const Dotenv file = parse_dotenv("A=inside\nB=$A\nC=x${KEY}\n", "f", variables);
  CHECK(file.entries[1].value->plain() == "outside");
  CHECK(file.entries[2].value->compose_text() == "x${KEY}");
  CHECK(file.secrets == std::set<std::string>{"KEY"});
}

TEST_CASE("what is wrong is told with its line and without the value") {
  const Dotenv quote = parse_dotenv("A=1\nB=\"never ends\nC=2", "f", {});
  REQUIRE(quote.error);
  CHECK(quote.error->where.to_string() == "f:2");
  CHECK(quote.error->message == "the quoted value that begins here has no end");
  CHECK(parse_dotenv("A B=1", "f", {}).error->message == "a name may not hold a space: 'A B'");
  CHECK(parse_dotenv("A%=1", "f", {}).error->message == "a name may not hold '%'");
}

TEST_CASE("carriage returns and a byte order mark do not matter") {
  const Dotenv file = parse_dotenv(
      "\xEF\xBB\xBF"
      "A=1\r\nB=2\r\n",
      "f", {});
  REQUIRE(file.entries.size() == 2);
  CHECK(file.entries[0].name == "A");
  CHECK(file.entries[0].value->plain() == "1");
  CHECK(file.entries[1].value->plain() == "2");
}

TEST_CASE("an env file that is not UTF-8 is refused where it stops to be") {
  CHECK(parse_dotenv("A=1\nB=\xFF\n", "f", {}).error->where == Location{"f", 2, 3});
  CHECK(parse_raw_env("A=1\nB=\xFF\n", "f").error->where == Location{"f", 2, 3});
}

}  // namespace
}  // namespace hwcsync::compose
