#include "src/cli/words.hpp"

#include "src/base/error.hpp"
#include "tests/support/catch.hpp"

namespace hwcsync::cli {
namespace {

using Words = std::vector<std::string>;

TEST_CASE("a command is cut into words as sops cuts it, without a shell") {
  CHECK(split_words("pass show age/key") == Words{"pass", "show", "age/key"});
  CHECK(split_words("  a\t'b c'\"d e\"f \\g '' ") == Words{"a", "b cd ef", "g", ""});
  CHECK(split_words("a '\\n' \"\\\"\" b#c # comment\n d") == Words{"a", "\\n", "\"", "b#c", "d"});
  CHECK(split_words("a $HOME *;b") == Words{"a", "$HOME", "*;b"});
  for (const char* text : {"", "  # only a comment", "'open", "a \"open", "end\\", "''"})
    CHECK_THROWS_AS(split_words(text), Error);
}

}  // namespace
}  // namespace hwcsync::cli
