#pragma once

// Catch2 of Debian 12 (v2) or of Debian 13 and nixpkgs (v3), under the names that both understand.
#ifdef HWCSYNC_CATCH3
#include <catch2/catch_all.hpp>

#include <string>
#include <utility>

// In v3 `Contains` is a matcher for ranges, a template that would take any text; these take text before it does.
namespace Catch::Matchers {
inline auto Contains(const char* text) { return ContainsSubstring(text); }
inline auto Contains(const std::string& text) { return ContainsSubstring(text); }
inline auto Contains(std::string& text) { return ContainsSubstring(text); }
inline auto Contains(std::string&& text) { return ContainsSubstring(std::move(text)); }
}  // namespace Catch::Matchers
#else
#include <catch2/catch.hpp>
#endif
