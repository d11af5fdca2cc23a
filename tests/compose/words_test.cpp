#include "gitops/compose/words.hpp"

#include "tests/support/catch.hpp"

namespace hwcsync::compose {
namespace {

std::vector<std::string> words(const std::string& line) {
  std::vector<std::string> out;
  const auto split = split_words(Template::literal(line));
  if (!split) return {"no end"};
  for (const Template& word : *split) out.push_back(word.plain());
  return out;
}
using List = std::vector<std::string>;

TEST_CASE("a command line is split as a shell splits it") {
  CHECK(words("a  b\tc") == List{"a", "b", "c"});
  CHECK(words("sh -c 'echo \"hi\" there'") == List{"sh", "-c", "echo \"hi\" there"});
  CHECK(words(R"(a\ b "c \" d" "e\n")") == List{"a b", "c \" d", "e\\n"});
  CHECK(words("'' x\"y\"z") == List{"", "xyz"});
  CHECK(words("").empty());
  CHECK(words("'open") == List{"no end"});
  CHECK(words("open\\") == List{"no end"});
}

TEST_CASE("a secret stays in the word it stands in") {
  Template line = Template::literal("--password=");
  line.parts.emplace_back(SecretPart{"PW", ""});
  line.parts.emplace_back(TextPart{" next"});
  const auto split = split_words(line);
  REQUIRE(split);
  REQUIRE(split->size() == 2);
  CHECK((*split)[0].compose_text() == "--password=${PW}");
  CHECK((*split)[1].plain() == "next");
}

}  // namespace
}  // namespace hwcsync::compose
