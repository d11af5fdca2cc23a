#pragma once

// Catch2 of Debian 12 (v2) or of Debian 13 and nixpkgs (v3), under the names that both understand.
#ifdef HWCSYNC_CATCH3
#include <catch2/catch_all.hpp>
namespace Catch::Matchers {
inline auto Contains(const std::string& text) { return ContainsSubstring(text); }
}  // namespace Catch::Matchers
#else
#include <catch2/catch.hpp>
#endif
