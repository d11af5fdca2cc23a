#include "gitops/nix/escape.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

using namespace hwcsync;

TEST_CASE("a plain text is quoted") {
  CHECK(nix::string_literal("/mnt/data") == "\"/mnt/data\"");
}

TEST_CASE("what Nix would interpret is escaped") {
  CHECK(nix::string_literal("a\"b\\c") == R"("a\"b\\c")");
  CHECK(nix::string_literal("${x}") == R"("\${x}")");
  CHECK(nix::string_literal("$x $$ $") == R"("$x $$ $")");
  CHECK(nix::string_literal("$${x}") == R"("$\${x}")");
  CHECK(nix::string_literal("a\nb\rc\td") == R"("a\nb\rc\td")");
}

TEST_CASE("text that Nix cannot hold is refused") {
  CHECK_THROWS_AS(nix::string_literal(std::string_view("a\0b", 3)), Error);
  CHECK_THROWS_AS(nix::string_literal("\xff"), Error);
}

TEST_CASE("only identifiers that are no keywords stand bare") {
  CHECK(nix::is_bare_name("podman-x'_1"));
  for (const char* name : {"", "1a", "a.b", "-a", "if", "inherit", "or", "a b"})
    CHECK_FALSE(nix::is_bare_name(name));
}
