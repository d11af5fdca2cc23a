#pragma once

#include "tests/support/catch.hpp"

#include <string>

namespace hwcsync::test {

// "this text is in it". In Catch2 v3 `Contains` is a matcher for ranges, which takes a literal before any
// alias does.
inline auto contains(const std::string& text) {
#ifdef HWCSYNC_CATCH3
  return Catch::Matchers::ContainsSubstring(text);
#else
  return Catch::Matchers::Contains(text);
#endif
}

}  // namespace hwcsync::test
