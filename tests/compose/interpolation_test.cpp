#include "gitops/compose/interpolation.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::compose {
namespace {

Variables some() {
  Variables out;
  out.values = {{"A", "one"}, {"EMPTY", ""}, {"JSON", "{\"a\":1}"}};
  out.secrets = {"SECRET", "OTHER"};
  return out;
}

std::string text(const std::string& in) {
  const Interpolated done = interpolate(in, some());
  return done.error ? "error: " + *done.error : done.value.compose_text();
}

TEST_CASE("a secret stays a part of its own and taints the value") {
  const Interpolated done = interpolate("postgres://u:${SECRET}@db/${A}", some());
  REQUIRE(done.value.parts.size() == 3);
  CHECK(done.value.tainted());
  CHECK(std::get<TextPart>(done.value.parts[0]).text == "postgres://u:");
  CHECK(std::get<SecretPart>(done.value.parts[1]).variable == "SECRET");
  CHECK(std::get<TextPart>(done.value.parts[2]).text == "@db/one");
  CHECK(done.secrets == std::set<std::string>{"SECRET"});
  CHECK(done.value.compose_text() == "postgres://u:${SECRET}@db/one");
  CHECK_THROWS_AS(done.value.plain(), Error);
}

TEST_CASE("a secret keeps its operator, with declared variables filled into the operand") {
  CHECK(text("${SECRET:-x${A}}") == "${SECRET:-xone}");
  CHECK(text("${SECRET:?must be set}") == "${SECRET:?must be set}");
  CHECK(text("${SECRET-${OTHER}}") == "${SECRET-${OTHER}}");
  CHECK(text("${SECRET:-a$$b}") == "${SECRET:-a$$b}");
  CHECK(interpolate("${SECRET-${OTHER}}", some()).secrets.size() == 2);
}

TEST_CASE("an operand that is not needed is not looked at") {
  CHECK(text("${A:-${SECRET}}") == "one");
  CHECK(interpolate("${A:-${SECRET}}", some()).secrets.empty());
  CHECK(text("${EMPTY:-${SECRET}}") == "${SECRET}");
  CHECK(text("${A:-${NOBODY:?never}}") == "one");
  CHECK(text("${EMPTY:+${NOBODY:?never}}") == "");
}

TEST_CASE("a literal dollar sign is doubled in the text for Compose") {
  CHECK(text("a$$b") == "a$$b");
  CHECK(interpolate("a$$b$", some()).value.plain() == "a$b$");
  CHECK(text("cost: $5") == "cost: $$5");
}

TEST_CASE("a variable that nobody sets becomes nothing and is told") {
  const Interpolated done = interpolate("[$NOBODY][${NEITHER}][${A+${NOBODY}}]", some());
  CHECK(done.value.plain() == "[][][]");
  CHECK(done.unset == std::vector<std::string>{"NOBODY", "NEITHER", "NOBODY"});
  CHECK(interpolate("${NOBODY:-}", some()).unset.empty());
}

TEST_CASE("the first operator inside the braces decides") {
  CHECK(text("${NOBODY:-/non:-alnum}") == "/non:-alnum");
  CHECK(text("${NOBODY-a?b}") == "a?b");
}

TEST_CASE("braces in a default are counted, and values with braces are not looked into") {
  CHECK(text("${NOBODY:-{\"x\":{}}}") == "{\"x\":{}}");
  CHECK(text("$JSON") == "{\"a\":1}");
  CHECK(text("${SECRET:-$JSON}") == "${SECRET:-{\"a\":1}}");
}

TEST_CASE("a malformed expression says how a dollar sign is written") {
  CHECK(text("${A") == "error: invalid template '${A'; write $$ for a literal dollar sign");
  CHECK(text("x ${A!} y") == "error: invalid template '${A!}'; write $$ for a literal dollar sign");
  CHECK(text("${NOBODY:?tell ${A}}") == "error: required variable NOBODY is missing a value: tell one");
}

TEST_CASE("with hidden names everything undeclared is taken for a secret") {
  Variables variables = some();
  variables.secret_names = SecretNames::hidden;
  CHECK(interpolate("${WHATEVER}", variables).value.tainted());
  CHECK_FALSE(interpolate("${A}", variables).value.tainted());
}

TEST_CASE("an expression without end is refused, not followed for ever") {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "${X:-";
  deep += std::string(100, '}');
  CHECK(interpolate(deep, {}).error);
}

}  // namespace
}  // namespace hwcsync::compose
